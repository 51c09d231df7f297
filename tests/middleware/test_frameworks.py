"""Applications of FastAPI, Flask and Django, served as in production, are counted and limited."""

import http.client
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.installation import Process, free_port
from support.running_gateway import listener_with
from support.running_listener import RunningListener

pytestmark = pytest.mark.service

APPLICATIONS = {
    "fastapi": "asgi", "django_asgi": "asgi", "flask": "wsgi", "django_wsgi": "wsgi"
}  # fmt: skip


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningListener]:
    running = listener_with(tmp_path_factory.mktemp("listener"), "1")
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module", params=APPLICATIONS)
def port(
    request: pytest.FixtureRequest,
    listener: RunningListener,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[int]:
    """An application that is served."""
    given = {
        "service_token": "token1", "product": 1, "send_every_s": 0.1, "hold_s": 60,
        "listener": f"http://127.0.0.1:{listener.port}",
        "spool": str(tmp_path_factory.mktemp("spool")), "timeout_s": 5,
    }  # fmt: skip
    environment = {
        **os.environ,
        "COUNTED_APPLICATION": json.dumps(given),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    number = free_port()
    process = Process(
        "granian", number, "/health", environment,
        ("--interface", APPLICATIONS[request.param], "--port", str(number), "--factory",
         "--no-ws", f"support.counted_applications:{request.param}"),
    )  # fmt: skip
    process.start()
    try:
        process.wait_until_ready()
        yield number
    finally:
        process.stop()


def get(port: int, target: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, named, answer.read()
    finally:
        connection.close()


def wait_until(done: Callable[[], object], within_s: float = 20) -> None:
    give_up_at = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_a_request_is_counted_with_its_code_and_what_the_application_adds(
    port: int, listener: RunningListener
) -> None:
    """One hit by the rule, the bytes that the application counted, and 201."""
    app = listener.application("1")
    for _ in range(3):
        status, _, body = get(port, f"/orders/70?user_key={app.user_key}")
        assert (status, body) == (201, b"x" * 70)
    wait_until(lambda: listener.counted(app) == 3)
    assert listener.counted(app, "other") == 210
    assert {entry.code for entry in listener.entries(app)} == {201}


def test_a_request_that_fails_is_counted_with_500(port: int, listener: RunningListener) -> None:
    app = listener.application("1")
    assert get(port, f"/fail?user_key={app.user_key}")[0] == 500
    wait_until(lambda: [entry.code for entry in listener.entries(app)] == [500])


def test_who_may_not_call_hears_why_and_is_not_counted(
    port: int, listener: RunningListener
) -> None:
    """401 without a key, 403 with a wrong one, 429 beyond the limit; what matches no rule passes."""
    app = listener.application("1", limits={("hits", "hour"): 2})
    assert get(port, "/orders/1")[0] == 401
    assert get(port, "/orders/1?user_key=wrong")[0] == 403
    found = [get(port, f"/orders/1?user_key={app.user_key}")[0] for _ in range(2)]
    assert found == [201, 201]
    wait_until(lambda: listener.counted(app) == 2)
    status, headers, _ = get(port, f"/orders/1?user_key={app.user_key}")
    assert status == 429
    assert 0 < int(headers["retry-after"]) <= 3600
    assert get(port, "/health")[0] == 200
    assert listener.counted(app) == 2
