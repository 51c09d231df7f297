"""For another proxy the gateway says whether a call may pass, and counts it; the API hears nothing of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.running_gateway import RunningGateway, content, rule
from support.running_listener import RunningListener

pytestmark = pytest.mark.service

NOWHERE = "http://127.0.0.1:9"


def started(folder: Path, listener_url: str, mode: str) -> RunningGateway:
    gateway = RunningGateway(folder, "--mode", mode)
    rules = [rule("/orders", method="POST")]
    gateway.configure(content("1", listener_url, NOWHERE, "api.example", rules=rules))
    gateway.start()
    return gateway


@pytest.fixture
def forward(listener_url: str, tmp_path: Path) -> Iterator[RunningGateway]:
    gateway = started(tmp_path, listener_url, "forward-auth")
    yield gateway
    gateway.close()


@pytest.fixture
def envoys(listener_url: str, tmp_path: Path) -> Iterator[RunningGateway]:
    gateway = started(tmp_path, listener_url, "ext-authz")
    yield gateway
    gateway.close()


def ask(gateway: RunningGateway, uri: str, method: str = "POST", host: str = "api.example") -> int:
    """As Caddy, Traefik and nginx ask: a GET, with what was called in headers."""
    return gateway.get(
        "/", "gateway.internal",
        **{"X-Forwarded-Method": method, "X-Forwarded-Uri": uri, "X-Forwarded-Host": host},
    ).status  # fmt: skip


def test_a_call_that_the_headers_tell_of_is_decided_and_counted(
    forward: RunningGateway, listener: RunningListener
) -> None:
    """Two pass and are counted before the answer, the third is beyond the limit; rules look at what was called."""
    app = listener.application("1", limits={("hits", "eternity"): 2})
    target = f"/a/..//orders?user_key={app.user_key}"
    assert [ask(forward, target) for _ in range(3)] == [200, 200, 429]
    assert ask(forward, target, method="GET") == 404
    assert ask(forward, "/orders") == 401
    assert ask(forward, "/orders?user_key=wrong") == 403
    assert ask(forward, target, host="other.example") == 404
    assert listener.counted(app) == 2


def test_a_proxy_that_does_not_tell_what_was_called_is_refused(
    forward: RunningGateway, listener: RunningListener
) -> None:
    """Else callers could say it themselves."""
    app = listener.application("1")
    target = f"/orders?user_key={app.user_key}"
    assert forward.request("POST", target).status == 400
    partly = {"X-Forwarded-Uri": target, "X-Forwarded-Method": "POST"}
    assert forward.get("/", **partly).status == 400
    assert listener.counted(app) == 0


def test_envoy_is_answered_by_the_call_itself(
    envoys: RunningGateway, listener: RunningListener
) -> None:
    """Method, path and host are those of the request; what a caller says in X-Forwarded headers is not believed."""
    app = listener.application("1")
    spoofed = {"X-Forwarded-Uri": "/else", "X-Forwarded-Method": "GET", "Content-Length": "0"}
    target = f"/orders?user_key={app.user_key}"
    assert envoys.request("POST", target, headers=spoofed).status == 200
    assert envoys.request("GET", target, headers={"X-Forwarded-Method": "POST"}).status == 404
    assert listener.counted(app) == 1
