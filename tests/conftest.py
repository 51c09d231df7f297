"""What every room's tests may ask for. Helpers lie in `tests/support`."""

import asyncio
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tallygate.process import allow_many_open_files

allow_many_open_files()  # the tests hold many installations at once

settings.register_profile(
    "untimed", deadline=None
)  # how long an example takes is the machine's affair
settings.load_profile("untimed")

sys.path.insert(0, str(Path(__file__).parent))

from support.redis_server import RedisCluster, RedisServer  # noqa: E402


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "home"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    given = {name: pyfuncitem.funcargs[name] for name in names}
    runner: asyncio.Runner = pyfuncitem.funcargs["runner"]
    runner.run(pyfuncitem.obj(**given))
    return True


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis"), fsync="everysec") as server:
        yield server


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    with RedisCluster(tmp_path_factory.mktemp("cluster"), fsync="everysec") as cluster:
        yield cluster
