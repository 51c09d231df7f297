"""The endpoint by which the commands of the installation bring history in."""

import json
import threading
from typing import Any
from uuid import uuid4

import pytest
from support.running_listener import App, RunningListener

pytestmark = pytest.mark.service

LONG_AGO_MS = 1_431_857_103_000  # 2015-05-17 10:05:03 UTC


@pytest.fixture
def app(listener: RunningListener) -> App:
    return listener.application(limits={("hits", "eternity"): 100})


def hit(app: App, identity: str | None = None, **given: Any) -> dict[str, Any]:
    return {
        "application": app.id,
        "time_ms": LONG_AGO_MS,
        "usage": {"hits": 1},
        "id": identity or uuid4().hex,
        **given,
    }


def send(listener: RunningListener, *lines: object, service: str = "2") -> dict[str, Any]:
    """Lines as they are if they are bytes, else as JSON; gives the answer's JSON."""
    body = b"\n".join(
        each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines
    )
    answer = listener.backfill(service, body)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/json"
    result: dict[str, Any] = json.loads(answer.body)
    return result


def test_hits_are_counted_at_their_own_time_and_durable_when_answered(
    listener: RunningListener, app: App
) -> None:
    """Rolled up to the ancestors, with their code, whatever their age."""
    result = send(listener, hit(app, "a", usage={"deep": 2}, code=404), hit(app, "b", time_ms=0))
    assert result == {"accepted": 2, "duplicate": 0, "errors": []}
    first, second = listener.entries(app)
    assert (sorted(first.usage), first.code, first.time_ms) == ([("21", 2), ("22", 2), ("23", 2)], 404, LONG_AGO_MS)  # fmt: skip
    assert (second.usage, second.code, second.time_ms) == ((("21", 1),), 0, 0)
    assert (first.id, first.id_expires_s) == ("a", 0)
    assert listener.authorize(app.by_id).values["hits", "eternity"] == 3


def test_the_same_id_counts_once_within_a_body_and_across_bodies(
    listener: RunningListener, app: App
) -> None:
    lines = [hit(app, f"{app.id}-{number}") for number in range(50)]
    assert send(listener, *lines, *lines[:10])["duplicate"] == 10
    assert send(listener, *lines) == {"accepted": 0, "duplicate": 50, "errors": []}
    assert listener.counted(app) == 50


def test_the_same_id_with_another_content_is_told_and_not_counted(
    listener: RunningListener, app: App
) -> None:
    identity = f"{app.id}-x"
    send(listener, hit(app, identity))
    result = send(listener, hit(app, identity), hit(app, identity, usage={"hits": 2}))
    assert (result["accepted"], result["duplicate"]) == (0, 1)
    assert result["errors"] == [
        {"index": 1, "code": "id_conflict", "message": f'id "{identity}" was already used with another content'}
    ]  # fmt: skip
    assert listener.counted(app) == 1


def test_the_same_id_in_another_product_is_another_id(listener: RunningListener, app: App) -> None:
    other = listener.application("1")
    identity = f"{app.id}-shared"
    assert send(listener, hit(app, identity))["accepted"] == 1
    assert send(listener, hit(other, identity), service="1")["accepted"] == 1


def test_wrong_lines_are_named_by_their_place_and_the_others_count(
    listener: RunningListener, app: App
) -> None:
    """Empty lines are passed over and have no place."""
    lines: list[object] = [
        hit(app),
        b"",
        b"not json",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"application": "\\ud800", "time_ms": 1, "usage": {}}',
        b'{"usage": {}}',
        hit(app, application="nope"),
        hit(app, application=5),
        hit(app, usage={"nope": 1}),
        hit(app, usage={"hits": -1}),
        hit(app, usage={"hits": 2**63}),
        b'{"application": "%b", "time_ms": 1, "usage": {"hits": %b}}' % (app.id.encode(), b"9" * 5000),
        hit(app, usage={"hits": 1.5}),
        hit(app, usage={"hits": "1"}),
        hit(app, usage={"hits": True}),
        hit(app, usage=[1]),
        hit(app, time_ms=-1),
        hit(app, time_ms=2**60),
        hit(app, time_ms=None),
        hit(app, code=99),
        hit(app, code=600),
        hit(app, code="200"),
        hit(app, id=None),
        hit(app, id=""),
        b'{"more": ' + b'{"x":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b"   ",
        hit(app),
    ]  # fmt: skip
    result = send(listener, *lines)
    wrong = {each["index"]: each["code"] for each in result["errors"]}
    expected = dict.fromkeys(range(1, 27), "bad_request")
    expected |= {8: "application_not_found", 10: "metric_invalid", 11: "usage_value_invalid", 12: "usage_value_invalid"}  # fmt: skip
    assert (result["accepted"], wrong) == (2, expected)
    assert all(each["message"] for each in result["errors"])
    assert listener.counted(app) == 2


def test_an_empty_body_counts_nothing(listener: RunningListener) -> None:
    assert send(listener) == {"accepted": 0, "duplicate": 0, "errors": []}


@pytest.mark.parametrize("token", ["", "wrong", "\u00e9"])
def test_without_the_internal_token_nothing_is_told(
    listener: RunningListener, app: App, token: str
) -> None:
    """Not even which services there are."""
    body = json.dumps(hit(app)).encode()
    for service in ("2", "99"):
        answer = listener.backfill(service, body, token)
        assert (answer.status, "error" in json.loads(answer.body)) == (401, True)
    assert listener.request("POST", "/internal/services/2/backfill", body).status == 401
    assert listener.entries(app) == []


def test_an_unknown_service_is_refused(listener: RunningListener, app: App) -> None:
    for service in ("99", "%FF", "a%00b"):
        answer = listener.backfill(service, json.dumps(hit(app)).encode())
        assert answer.status == 403
        assert "is invalid" in json.loads(answer.body)["error"]


def test_another_internal_path_is_not_found(listener: RunningListener) -> None:
    answer = listener.backfill("2/more", b"")
    assert (answer.status, json.loads(answer.body)) == (404, {"status": "not_found", "error": "Not found"})  # fmt: skip


def test_a_body_that_breaks_off_counts_nothing(listener: RunningListener, app: App) -> None:
    lines = (json.dumps(hit(app)) + "\n").encode() * 3
    head = (
        f"POST /internal/services/2/backfill HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {listener.internal_token}\r\nContent-Length: {len(lines) + 10}\r\n\r\n"
    )
    assert listener.raw(head.encode() + lines, half_close=True).startswith(b"HTTP/1.1 400 ")
    assert listener.entries(app) == []


def test_sixteen_mebibytes_are_the_most_that_is_read(listener: RunningListener) -> None:
    head = (
        "POST /internal/services/2/backfill HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {listener.internal_token}\r\nContent-Length: {16 * 1024 * 1024 + 1}\r\n\r\n"
    )
    answer = listener.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"exceeds limit (16777216)" in answer


def test_a_long_body_does_not_hold_up_the_calls_of_others(
    listener: RunningListener, app: App
) -> None:
    """While 60,000 hits come in, other calls go on being answered; each problem is named by its place in the whole body."""
    lines = [json.dumps(hit(app, f"{app.id}-{number}")) for number in range(60_000)]
    lines[59_999] = "wrong"
    results: list[dict[str, Any]] = []
    sender = threading.Thread(
        target=lambda: results.append(send(listener, "\n".join(lines).encode()))
    )
    other = listener.application()
    sender.start()
    answered = 0
    while sender.is_alive():
        assert listener.authorize(other.by_id).status == 200
        answered += 1
    sender.join()
    assert (results[0]["accepted"], results[0]["errors"][0]["index"]) == (59_999, 59_999)
    assert answered > 20
