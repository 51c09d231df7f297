"""Whatever is thrown at it, the listener answers in the protocol's words, goes on, and forgets nothing."""

import contextlib
import socket
import time
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.running_listener import App, RunningListener

pytestmark = pytest.mark.service

ANSWER_WITHIN_S = 5

FUZZ = settings(
    max_examples=250,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

names = st.sampled_from(
    ["provider_key", "service_token", "service_id", "app_id", "user_key", "app_key", "referrer", "usage", "usage[hits]",
     "usage[child]", "usage[]", "usage[%20hits]", "log", "log[code]", "no_body", "user_id", "transactions", "transactions[0]",
     "transactions[0][app_id]", "transactions[0][usage]", "transactions[0][usage][hits]", "transactions[0][timestamp]",
     "transactions[0][id]", "redirect_url", "redirect_uri",
     "transactions[a][user_key]", "transactions[][usage][hits]", "%ff", "", "[", "a" + "[b]" * 40]
)  # fmt: skip
values = st.one_of(
    st.sampled_from(["pk", "2", "1", "fuzzed", "0", "%235", "-1", "", "%", "%ff", "%00", "pk3", "*", "1" * 30, "2024-02-14T12", "08"]),
    st.binary(max_size=12).map(quote),
)  # fmt: skip
pairs = st.one_of(st.tuples(names, values).map("=".join), names)
queries = st.lists(pairs, max_size=8).map("&".join)
good = "provider_key=pk&service_id=2&app_id=fuzzed&transactions[0][app_id]=fuzzed"
usage = st.integers(0, 9).map("usage[hits]={0}&transactions[0][usage][hits]={0}".format)
nearly_good = st.tuples(st.just(good), usage, st.lists(pairs, max_size=2).map("&".join)).map(
    "&".join
)
calls = st.one_of(queries, nearly_good)

paths = st.one_of(
    st.sampled_from(
        ["/transactions/authrep.xml", "/transactions/authorize.xml", "/transactions.xml", "/status", "/check.txt", "*",
         "/transactions/oauth_authrep.xml", "/usage",
         "/internal/services/2/backfill", "/internal/", "//", "/%00", "/transactions/authrep%2exml", "http://x/status"]
    ),
    st.binary(max_size=20).map(lambda data: "/" + quote(data)),
)  # fmt: skip
methods = st.sampled_from(
    ["GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "TRACE", "CONNECT", "get", "X"]
)
headers = st.lists(
    st.one_of(
        st.sampled_from(
            [b"3scale-options: no_body=1&hierarchy=1", b"3scale-options: %zz", b"3scale-options: limit_headers=1&list_app_keys=1",
             b"Content-Type: multipart/form-data; boundary=B", b"Content-Type: text/plain", b"Content-Length: 3",
             b"Content-Type: application/x-ndjson", b"Content-Type: application/cloudevents+json", b"Idempotency-Key: a",
             b"Content-Length: x", b"Transfer-Encoding: chunked", b"Authorization: Bearer x", b"Expect: 100-continue", b"Upgrade: h2c"]
        ),
        st.binary(max_size=20).filter(lambda data: not set(data) & set(b"\r\n\x00")).map(b"X-Any: ".__add__),
    ),
    max_size=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def app(listener: RunningListener) -> App:
    return listener.application(application_id="fuzzed", limits={("hits", "eternity"): 10**15})


@pytest.fixture(scope="module")
def witness(listener: RunningListener) -> App:
    """An application whose calls were acknowledged before the storm."""
    app = listener.application(limits={("hits", "eternity"): 10})
    for _ in range(3):
        assert listener.authrep(f"{app.by_id}&usage[hits]=1").status == 200
    assert listener.report_of(app, {"usage][hits": "4"}).status == 202
    return app


@FUZZ
@given(methods, paths, calls, headers, st.one_of(calls.map(str.encode), st.binary(max_size=200)))
def test_no_request_gets_anything_but_a_clear_answer(
    listener: RunningListener,
    app: App,
    witness: App,
    method: str,
    path: str,
    query: str,
    given_headers: list[bytes],
    body: bytes,
) -> None:
    """Never a failure, never silence: each is answered or refused, and the next call is served."""
    start = f"{method} {path}?{query} HTTP/1.1".encode()
    lines = [start, b"Host: x", b"Connection: close", *given_headers]
    if not any(b"Content-Length" in each for each in given_headers):
        lines.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join(lines)
    status = _status(listener, head + b"\r\n\r\n" + body)
    assert status is None or status in range(100, 500), (status, head, body)
    assert listener.request("GET", "/status").status == 200


@FUZZ
@given(
    st.sampled_from(["authorize", "authrep", "oauth_authorize", "oauth_authrep", "report"]), calls
)
def test_no_call_of_the_protocol_gets_anything_but_its_answers(
    listener: RunningListener, app: App, witness: App, kind: str, query: str
) -> None:
    """Of the statuses of the protocol, and what is not empty is XML."""
    answer = listener.report(query) if kind == "report" else listener.get(kind, query)
    assert answer.status in (200, 202, 400, 403, 404, 409, 422)
    assert answer.headers["content-type"] == "application/vnd.3scale-v2.0+xml"
    assert answer.body == "" or answer.body.startswith('<?xml version="1.0" encoding="UTF-8"?><')


@FUZZ
@given(st.binary(max_size=300))
def test_bytes_that_are_no_http_at_all_hold_nothing_up(
    listener: RunningListener, witness: App, data: bytes
) -> None:
    status = _status(listener, data + b"\r\n\r\n")
    assert status is None or status in range(100, 500)
    assert listener.request("GET", "/status").status == 200


def test_what_was_acknowledged_before_is_still_counted(
    listener: RunningListener, app: App, witness: App
) -> None:
    """In the log and in the counters; after a stop and a start as well."""
    assert listener.counted(witness) == 7
    assert listener.authorize(witness.by_id).values["hits", "eternity"] == 7
    fuzzed = listener.authorize(app.by_id).values["hits", "eternity"]
    assert fuzzed > 0, "no call of the storm was counted"
    assert listener.process.stop() == 0
    listener.start()
    assert listener.counted(witness) == 7
    assert listener.authorize(witness.by_id).values["hits", "eternity"] == 7
    assert listener.authorize(app.by_id).values["hits", "eternity"] == fuzzed
    statuses = [listener.authrep(f"{witness.by_id}&usage[hits]=1").status for _ in range(4)]
    assert statuses == [200, 200, 200, 409]


def _status(listener: RunningListener, data: bytes) -> int | None:
    """The answer's status; None when the connection was closed instead. Fails when neither comes in time."""
    give_up_at = time.monotonic() + ANSWER_WITHIN_S
    with socket.create_connection(("127.0.0.1", listener.port), timeout=ANSWER_WITHIN_S) as wire:
        received = b""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            while more := wire.recv(65_536):
                received += more
                assert time.monotonic() < give_up_at, "the answer does not end"
    final = [part for part in received.split(b"HTTP/1.1 ")[1:] if not part.startswith(b"1")]
    return int(final[0][:3]) if final else None
