"""The lines about calls that went wrong: with an id, few enough, and never a reason to fail a call."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs
from support.running_listener import RunningListener

from tallygate.listener.caller import Caller, caller_of
from tallygate.listener.request_log import LINES_PER_S, RequestLog


def caller(path: str = "/transactions.xml", **headers: str) -> Caller:
    """Who sent a request with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return caller_of(SimpleNamespace(method="GET", path=path, client="[::1]:5000", headers=named))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123", "abc-123"),
        ("a/b:c=d+e@f_g.h", "a/b:c=d+e@f_g.h"),
        ("a b\r\nc: d;\x00é", "abc:d"),
        ("x" * 500, "x" * 100),
    ],
)
def test_an_id_is_taken_as_far_as_it_has_the_form_of_one(given: str, kept: str) -> None:
    """So it can do no harm in a log or in a header; it is repeated to who sent it."""
    found = caller(x_request_id=given)
    assert (found.id, found.echo) == (kept, (("x-request-id", kept),))


@pytest.mark.parametrize("headers", [{}, {"x_request_id": ""}, {"x_request_id": " \n"}])
def test_who_sends_no_id_gets_one_in_the_log_alone(headers: dict[str, str]) -> None:
    """Each call another one; the answer has none."""
    one, other = caller(**headers), caller(**headers)
    assert len(one.id) == 16
    assert one.id != other.id
    assert one.echo == ()


def test_a_path_that_may_hold_secrets_is_not_told() -> None:
    """Paths of the Internal API hold tokens and keys."""
    assert caller("/internal/service_tokens/secret/1/").endpoint == "/internal/…"
    assert caller().endpoint == "/transactions.xml"
    assert caller().client == "::1"


def test_there_are_no_more_lines_than_others_can_bear() -> None:
    """In a second; then one tells how many were left out."""
    request_log = RequestLog()
    with capture_logs() as lines:
        for _ in range(3 * LINES_PER_S):
            request_log.warning("call refused", caller())
        assert LINES_PER_S <= len(lines) <= 2 * LINES_PER_S  # a second may end in between
        request_log._second = -1
        request_log.warning("call refused", caller())
    assert sum(line.get("left_out", 0) for line in lines) == 3 * LINES_PER_S + 1 - len(lines)


def test_an_exception_that_nobody_expected_is_told_with_its_place() -> None:
    """And with the call's id."""
    with capture_logs() as lines:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            RequestLog().failure(caller(x_request_id="r1"))
    assert lines == [
        {
            "event": "call failed", "log_level": "warning", "exc_info": True, "request_id": "r1",
            "endpoint": "/transactions.xml", "client": "::1",
        }
    ]  # fmt: skip


@pytest.mark.service
def test_lines_are_structured_and_hold_no_secrets(home: Path, tmp_path: Path) -> None:
    """`key=value` with time, level, id and a masked reason: of a refused call, a dropped report, and a failure of ours."""
    running = RunningListener(home)
    running.service("2", "2", "provider-key-0123456789")
    running.service("3", "1", "provider-key-0123456789")
    key, user_key = "provider_key=provider-key-0123456789", "user-key-0123456789"
    call = f"/transactions/authorize.xml?{key}&service_id=3&user_key={user_key}"
    transaction = f"transactions[0][user_key]={user_key}&transactions[0][usage][hits]=1"
    with (tmp_path / "said").open("w+b") as said:
        running.start(said)
        try:
            running.request("GET", call, x_request_id="call-1")
            running.report(f"{key}&service_id=2&{transaction}", x_request_id="call-2")
            with closing(sqlite3.connect(home / "tallygate.db")) as database:
                database.execute("DROP TABLE registry_user_key")
            failed = running.request("GET", f"{call}-other", x_request_id="call-3")
            metrics = running.request("GET", "/metrics").body
        finally:
            running.close()
        said.seek(0)
        text = said.read().decode()
    refused, discarded, failure = (line for line in text.splitlines() if "id=call-" in line)
    assert refused.startswith("timestamp=2")
    for part in (
        'level=warning event="call refused" ', "request_id=call-1", "service=3", "code=user_key_invalid",
        "endpoint=/transactions/authorize.xml", 'reason="user key \\"…6789\\" is invalid"',
    ):  # fmt: skip
        assert part in refused
    assert 'event="report discarded"' in discarded
    assert 'event="call failed"' in failure
    assert "no such table" in failure
    assert (failed.status, failed.headers["x-request-id"]) == (503, "call-3")
    assert 'code="unavailable"' in failed.body
    assert "table" not in failed.body
    assert 'response_codes{request_type="authorize",resp_code="5xx"} 1.0' in metrics
    for secret in ("provider-key-0123456789", user_key):
        assert secret[:-4] not in text
