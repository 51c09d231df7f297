"""The examples of `docs/python.md` do what the page says, and its tables are complete."""

import asyncio
import inspect
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.running_listener import RunningListener

from tallygate.client import Client
from tallygate.middleware.keeper import Keeper

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.mark.service
def test_the_examples_run(
    listener: RunningListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied into one script, with the values of a product of one's own, they count what they say."""
    app = listener.application("1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    script = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    for word, value in (
        ("http://127.0.0.1:3001", f"http://127.0.0.1:{listener.port}"),
        ("SERVICE_TOKEN", "token1"), ("USER_KEY", app.user_key), ("jobs", "hits"), ("bytes", "other"),
    ):  # fmt: skip
        assert word in script
        script = script.replace(word, value)
    names: dict[str, object] = {}
    exec(script, names)
    convert, client = names["convert"], names["client"]
    assert callable(convert)
    convert()
    assert isinstance(client, Client)
    assert client.flush()
    client.close()
    assert (listener.counted(app), listener.counted(app, "other")) == (4, 1_000)
    _get_orders(names["app"], app.user_key)
    wait_until(lambda: listener.counted(app, "other") == 2_000)
    assert listener.counted(app) == 5


def _get_orders(application: Any, user_key: str) -> None:
    """GET /orders, as a server asks for it."""
    scope = {
        "type": "http", "method": "GET", "path": "/orders", "raw_path": b"/orders", "headers": [],
        "query_string": f"user_key={user_key}".encode(), "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    asyncio.run(application(scope, receive, send))
    assert sent[0]["status"] == 200


def test_every_argument_is_documented() -> None:
    """Each argument of the client and of the middleware has a row; no other row is there."""
    above, _, below = PAGE.read_text("utf-8").partition("## Settings")
    rows = re.compile(r"^\| `(\w+)` \| [`\d]", re.MULTILINE)
    client = set(inspect.signature(Client).parameters)
    assert set(rows.findall(below)) | {"service_token", "product"} == client
    assert set(rows.findall(above)) == set(inspect.signature(Keeper).parameters) - client - {
        "client"
    }


def wait_until(done: Callable[[], object], within_s: float = 20) -> None:
    give_up_at = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
