"""What passes through the gateway arrives as it was sent, on both sides, and is counted."""

import http.client
import json
import time
from collections.abc import Callable, Iterator

import pytest
from support.running_gateway import RunningGateway
from support.running_listener import App, RunningListener
from support.upstream_api import UpstreamApi

pytestmark = pytest.mark.service


@pytest.fixture
def app(listener: RunningListener) -> App:
    return listener.application("1")


def wait_until(done: Callable[[], object], within_s: float = 15) -> None:
    give_up_at = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def codes(listener: RunningListener, app: App) -> list[int]:
    return sorted(entry.code for entry in listener.entries(app) if entry.code)


def test_a_call_passes_and_is_counted_before_its_answer_comes(
    gateway: RunningGateway, listener: RunningListener, app: App
) -> None:
    """When the caller has the answer, the hit is counted, once; the response code follows."""
    answer = gateway.get(f"/orders/7?user_key={app.user_key}")
    assert answer.status == 200
    assert listener.counted(app) == 1
    wait_until(lambda: codes(listener, app) == [200])
    assert listener.counted(app) == 1


def test_the_api_gets_the_call_as_it_was_made(gateway: RunningGateway, app: App) -> None:
    """Method, path, query, headers and body arrive; what is the gateway's own is added."""
    target = f"/a%20b/c;d=1?user_key={app.user_key}&x=%2F&x=2&empty"
    answer = gateway.request(
        "PATCH", target, body=b'{"a": 1}',
        headers={"Content-Type": "application/json", "X-Own": "1", "X-Request-Id": "abc-1"},
    )  # fmt: skip
    call = json.loads(answer.body)
    headers = dict(call["headers"])
    assert (call["method"], call["target"], call["body"]) == ("PATCH", target, '{"a": 1}')
    assert headers["content-type"] == "application/json"
    assert headers["x-own"] == "1"
    assert headers["x-3scale-proxy-secret-token"] == "for-the-api"
    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-forwarded-host"] == "api.example"
    assert headers["x-request-id"] == "abc-1"
    assert answer.header("x-request-id") == "abc-1"


def test_headers_of_one_connection_end_at_the_gateway(gateway: RunningGateway, app: App) -> None:
    """Hop-by-hop headers, and those that `Connection` names, pass in neither direction; others do, also twice."""
    answer = gateway.request(
        "GET", f"/?user_key={app.user_key}",
        headers={
            "Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers", "Upgrade": "h2c",
            "Proxy-Authorization": "Basic eA==", "X-3scale-Proxy-Secret-Token": "guessed",
        },
    )  # fmt: skip
    names = [name for name, _ in json.loads(answer.body)["headers"]]
    assert not {"connection", "x-mine", "te", "upgrade", "proxy-authorization"} & set(names) - {"connection"}  # fmt: skip
    assert dict(json.loads(answer.body)["headers"])["x-3scale-proxy-secret-token"] == "for-the-api"
    assert answer.header("x-hop") is None
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize("status", [201, 204, 301, 304, 404, 418, 500, 503])
def test_the_answer_of_the_api_passes_and_its_code_is_counted(
    gateway: RunningGateway, listener: RunningListener, app: App, status: int
) -> None:
    assert gateway.get(f"/status/{status}?user_key={app.user_key}").status == status
    wait_until(lambda: codes(listener, app) == [status])
    assert listener.counted(app) == 1


def test_a_head_has_the_length_and_no_body(gateway: RunningGateway, app: App) -> None:
    answer = gateway.request("HEAD", f"/?user_key={app.user_key}")
    assert answer.status == 200
    assert int(answer.header("content-length") or 0) > 0
    assert answer.body == b""


def test_bodies_of_any_length_stream_through(gateway: RunningGateway, app: App) -> None:
    """Megabytes without a length, in both directions."""

    def parts() -> Iterator[bytes]:
        for _ in range(200):
            yield b"y" * 10_000

    assert len(gateway.get(f"/chunked/3000?user_key={app.user_key}").body) == 3_000_000
    answer = gateway.request("POST", f"/?user_key={app.user_key}", body=parts())
    assert json.loads(answer.body)["body"] == "y" * 2_000_000


@pytest.mark.parametrize("path", ["/torn", "/torn-length"])
def test_an_answer_that_breaks_off_does_not_look_whole(
    gateway: RunningGateway, app: App, path: str
) -> None:
    """The caller notices: the connection breaks, or it is told that the API failed."""
    try:
        answer = gateway.get(f"{path}?user_key={app.user_key}")
    except (http.client.IncompleteRead, ConnectionError):
        return
    assert answer.status == 502
    assert answer.header("tallygate-upstream-error") == "closed"


def test_a_body_that_breaks_off_does_not_reach_the_api_as_a_whole(
    gateway: RunningGateway, api: UpstreamApi, app: App
) -> None:
    """A caller who ends in the middle of an upload leaves nothing behind that the API would take."""
    before = len(api.calls)
    head = f"POST /?user_key={app.user_key} HTTP/1.1\r\nHost: api.example\r\n"
    gateway.raw(f"{head}Content-Length: 1000\r\n\r\nabc".encode())
    gateway.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".encode())
    assert gateway.get(f"/after?user_key={app.user_key}").status == 200
    wait_until(lambda: len(api.calls) > before)
    assert [call["target"].partition("?")[0] for call in api.calls[before:] if call["body"] == "abc"] == []  # fmt: skip


def test_forms_are_looked_at_and_passed_on(
    gateway: RunningGateway, listener: RunningListener, app: App
) -> None:
    """A rule with a condition finds it in a form's body, and the API gets the form."""
    body = b"kind=large&more=%20"
    answer = gateway.request(
        "POST", f"/form?user_key={app.user_key}", body=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert json.loads(answer.body)["body"] == body.decode()
    assert listener.counted(app, "other") == 10


def test_an_api_that_is_silent_is_told_apart_from_one_that_is_away(
    gateway: RunningGateway, listener: RunningListener, app: App
) -> None:
    """504 with its reason after the time that it may take; the call is counted with that code."""
    answer = gateway.get(f"/slow?user_key={app.user_key}")
    assert answer.status == 504
    assert answer.header("tallygate-upstream-error") == "timeout"
    wait_until(lambda: codes(listener, app) == [504])
    assert gateway.metric("tallygate_gateway_upstream_failures_total", kind="timeout") == 1


def test_an_api_that_answers_before_the_body_has_come_is_heard(
    gateway: RunningGateway, app: App
) -> None:
    answer = gateway.request("POST", f"/early?user_key={app.user_key}", body=b"z" * 100)
    assert answer.status in (413, 502)
    assert gateway.get(f"/?user_key={app.user_key}").status == 200
