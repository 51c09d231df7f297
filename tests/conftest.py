"""What every room's tests may ask for."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives TCP ports of 127.0.0.1 on which nothing listens, each once."""
    given: set[int] = set()

    def ask() -> int:
        while True:
            with socket.create_server(("127.0.0.1", 0)) as server:
                port = int(server.getsockname()[1])
            if port not in given:
                given.add(port)
                return port

    return ask
