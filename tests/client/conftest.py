"""A listener for clients."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.running_listener import RunningListener

from tallygate.client import Client

PRODUCT, TOKEN = "1", "token1"


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningListener]:
    """With product 1, whose applications have user keys, and product 2, whose have ids and keys."""
    running = RunningListener(tmp_path_factory.mktemp("listener"), checkpoint_s="2")
    running.service("1", "1", default=True)
    running.service("2", "2")
    for product in ("1", "2"):
        running.registry.put_service_token(product, f"token{product}")
    running.start()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def make(listener: RunningListener, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Makes clients of product 1, on one spool."""
    made: list[Client] = []

    def client(**given: Any) -> Client:
        named = {
            "listener": f"http://127.0.0.1:{listener.port}",
            "spool": tmp_path / "spool",
            "send_every_s": 0.05,
            **given,
        }
        product = named.pop("product", PRODUCT)
        made.append(Client(named.pop("token", f"token{product}"), product, **named))
        return made[-1]

    yield client
    for each in made:
        each.close(0.1)
