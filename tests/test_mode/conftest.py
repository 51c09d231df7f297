"""One server in test mode for all tests of its commands; each test begins with a reset."""

from collections.abc import Iterator

import pytest
from support.driven_server import DrivenServer


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenServer]:
    with DrivenServer(tmp_path_factory.mktemp("driven") / "home") as server:
        yield server


@pytest.fixture
def server(running: DrivenServer) -> DrivenServer:
    """Empty, with a clock that stands still at a Wednesday noon in 2010."""
    running.test("reset")
    running.set_clock("2010-05-12 12:00")
    return running
