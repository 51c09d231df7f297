"""One listener process for all tests of its HTTP face."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.internal_api import InternalClient
from support.redis_server import RedisServer
from support.running_listener import RunningListener


@pytest.fixture(scope="session", params=["embedded", "redis"])
def listener(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningListener]:
    """On each ledger. Provider `pk` (default service 1) has a service of each kind; `pk2` has a default service, `pk3` has none."""
    home: Path = tmp_path_factory.mktemp("listener")
    if request.param == "redis":
        with RedisServer(home / "redis", fsync="everysec") as server:
            yield from _running(home, ledger_url=server.url)
    else:
        yield from _running(home)


def _running(home: Path, **settings: str) -> Iterator[RunningListener]:
    running = RunningListener(home, checkpoint_s="2", **settings)
    running.service("1", "1", default=True)
    running.service("2", "2")
    running.service("3", "oauth")
    running.service("4", "2", state="suspended")
    running.service("5", "2", referrer_filters_required=True)
    running.service("6", "")
    running.service("20", "2", "pk2", default=True)
    running.service("30", "2", "pk3")
    for service_id in ("1", "2"):
        running.registry.put_service_token(service_id, f"token{service_id}")
    running.start()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(params=["embedded", "redis"])
def own_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of an installation of the test's own, on each ledger."""
    if request.param == "embedded":
        yield {}
        return
    with RedisServer(tmp_path / "redis", fsync="everysec") as server:
        yield {"ledger_url": server.url}


@pytest.fixture
def internal(listener: RunningListener) -> InternalClient:
    """The Internal API of the shared listener; no password is asked for. Tests make services of their own."""
    return InternalClient(listener)
