"""What the middleware does as it is set up: exact, counting only, callers that the application knows, Tallygate away."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faulty_proxy import FaultyProxy
from support.running_gateway import listener_with
from support.running_listener import RunningListener

from tallygate.middleware import (
    Rule,
    TallygateMiddleware,
    TallygateWsgiMiddleware,
    current,
)

pytestmark = pytest.mark.service

Make = Callable[..., TallygateMiddleware]


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningListener]:
    running = listener_with(tmp_path_factory.mktemp("listener"), "1")
    running.service("3", "2")
    running.registry.put_service_token("3", "token3")
    try:
        yield running
    finally:
        running.close()


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers 200, and counts what its path says."""
    current().add("other", len(scope["path"]))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


@pytest.fixture
def make(listener: RunningListener, tmp_path: Path) -> Iterator[Make]:
    made: list[TallygateMiddleware] = []

    def start(app: Any = answering, **settings: Any) -> TallygateMiddleware:
        given = {
            "product": 1, "listener": f"http://127.0.0.1:{listener.port}", "spool": tmp_path,
            "send_every_s": 0.05, **settings,
        }  # fmt: skip
        made.append(TallygateMiddleware(app, f"token{given['product']}", **given))
        return made[-1]

    yield start
    for each in made:
        each.client.close(0.1)


def call(app: TallygateMiddleware, target: str, kind: str = "http", **headers: str) -> list[Any]:
    """What the application sends to a request."""
    path, _, query = target.partition("?")
    scope = {
        "type": kind, "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    asyncio.run(app(scope, receive, send))
    return sent


def status(sent: list[Any]) -> int:
    return int(sent[0]["status"])


def test_with_exact_limits_as_many_pass_as_the_limit_allows(
    listener: RunningListener, make: Make
) -> None:
    """With hold_s=0 each call is counted before it passes; its code and what the application adds follow."""
    app, middleware = listener.application("1", limits={("hits", "eternity"): 3}), make(hold_s=0)
    found = [status(call(middleware, f"/abc?user_key={app.user_key}")) for _ in range(5)]
    assert found == [200, 200, 200, 429, 429]
    assert listener.counted(app) == 3
    assert middleware.client.flush()
    assert (listener.counted(app), listener.counted(app, "other")) == (3, 12)
    assert [entry.code for entry in listener.entries(app) if entry.code] == [200] * 3


def test_one_answer_holds_for_further_calls(listener: RunningListener, make: Make) -> None:
    """Of a hundred calls one is asked for; all are counted."""
    app, middleware = listener.application("1"), make(hold_s=60)
    asked: list[int] = []
    keeper = middleware._keeper
    ask = keeper.ask
    keeper.ask = lambda *given: (asked.append(1), ask(*given))[1]  # type: ignore[method-assign]
    for _ in range(100):
        assert status(call(middleware, f"/?user_key={app.user_key}")) == 200
    assert len(asked) == 1
    assert middleware.client.flush()
    assert listener.counted(app) == 100


def test_counting_alone_refuses_nobody(listener: RunningListener, make: Make) -> None:
    """With authorize=False all pass; those who are known are counted."""
    app, middleware = listener.application("1"), make(authorize=False)
    assert status(call(middleware, "/")) == 200
    assert status(call(middleware, f"/?user_key={app.user_key}")) == 200
    assert middleware.client.flush()
    assert listener.counted(app) == 1


def test_credentials_may_be_in_headers_or_be_known_to_the_application(
    listener: RunningListener, make: Make
) -> None:
    """Ids with keys in headers; or what a function of the application says."""
    app = listener.application("3", keys=["secret"])
    headers = make(product=3, credentials_location="headers", app_id="x-app", app_key="x-key")
    assert status(call(headers, "/", x_app=app.id, x_key="secret")) == 200
    assert status(call(headers, "/", x_app=app.id, x_key="wrong")) == 403
    other = listener.application("1")
    identified = make(identify=lambda scope: other.user_key if scope["path"] == "/me" else None)
    assert status(call(identified, "/me")) == 200
    assert status(call(identified, "/else")) == 401


@pytest.mark.parametrize(("when_away", "expected"), [("allow", 200), ("deny", 503)])
def test_while_tallygate_is_away_calls_are_not_held_up(
    listener: RunningListener, make: Make, when_away: str, expected: int
) -> None:
    """Fail open or closed, as is set; of two hundred calls to somebody who hangs two wait at most; what passed counts later."""
    app = listener.application("1")
    with FaultyProxy(listener.port) as network:
        network.mode = "hang"
        middleware = make(listener=network.url, timeout_s=0.3, when_away=when_away)
        asked: list[int] = []
        connections = middleware.client._asking
        request = connections.request
        connections.request = lambda *given: (asked.append(1), request(*given))[1]
        for _ in range(200):
            assert status(call(middleware, f"/?user_key={app.user_key}")) == expected
        assert len(asked) <= 2
        network.mode = "pass"
        assert middleware.client.flush(40)
    assert listener.counted(app) == (200 if expected == 200 else 0)


def test_an_application_that_raises_is_counted_and_raises(
    listener: RunningListener, make: Make
) -> None:
    async def failing(*_: Any) -> None:
        raise KeyError("it failed")

    app, middleware = listener.application("1"), make(failing)
    with pytest.raises(KeyError):
        call(middleware, f"/?user_key={app.user_key}")
    assert middleware.client.flush()
    assert [entry.code for entry in listener.entries(app)] == [500]


def test_websockets_are_limited_and_counted_too(listener: RunningListener, make: Make) -> None:
    """Who may not call is not let in by a WebSocket; whoever is counts once, without a code."""

    async def talking(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    app, middleware = listener.application("1"), make(talking)
    assert call(middleware, "/", "websocket")[0]["type"] == "websocket.close"
    accepted = call(middleware, f"/?user_key={app.user_key}", "websocket")
    assert accepted == [{"type": "websocket.accept"}]
    assert middleware.client.flush()
    assert listener.counted(app) == 1


def test_what_an_application_adds_must_be_a_number_that_counts() -> None:
    with pytest.raises(ValueError, match="whole number"):
        current().add("hits", -1)


def test_a_wsgi_body_counts_until_its_end(listener: RunningListener, tmp_path: Path) -> None:
    """A body that is made while it is sent adds to the request's usage; the report comes when it is closed."""
    app = listener.application("1")

    def streaming(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        for _ in range(3):
            current().add("other", 5)
            yield b"part"

    middleware = TallygateWsgiMiddleware(
        streaming, "token1", 1, listener=f"http://127.0.0.1:{listener.port}", spool=tmp_path,
        rules=[Rule("GET", "/stream", "hits")],
    )  # fmt: skip
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/stream",
        "QUERY_STRING": f"user_key={app.user_key}",
    }  # fmt: skip
    answer = middleware(environ, lambda *_: None)
    assert b"".join(answer) == b"part" * 3
    assert middleware.client.figures.spooled == 0
    answer.close()  # type: ignore[attr-defined]
    assert middleware.client.flush()
    assert (listener.counted(app), listener.counted(app, "other")) == (1, 15)
    middleware.client.close(0)
