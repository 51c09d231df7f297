"""Paths, methods and headers, on the wire."""

import json

import pytest
from support.running_listener import RunningListener, error_body

import tallygate

pytestmark = pytest.mark.service

CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Link, 3scale-rejection-reason",
}
XML = {"content-type": "application/vnd.3scale-v2.0+xml"}
POLICY = {"content-security-policy": "default-src 'self'"}
NOSNIFF = {"x-content-type-options": "nosniff"}
OF_THE_SERVER = {"server", "date", "connection", "content-length"}


def of_the_protocol(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OF_THE_SERVER}


def test_status_says_ok_and_the_version(listener: RunningListener) -> None:
    answer = listener.request("GET", "/status")
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "status": "ok",
        "version": {"backend": tallygate.__version__},
    }
    assert of_the_protocol(answer.headers) == {
        "content-type": "application/json", **CORS, **POLICY, **NOSNIFF,
    }  # fmt: skip


def test_check_says_ok_in_plain_text(listener: RunningListener) -> None:
    answer = listener.request("GET", "/check.txt")
    assert (answer.status, answer.body) == (200, "ok")
    assert of_the_protocol(answer.headers) == {
        "content-type": "text/plain;charset=utf-8", **CORS, **POLICY, **NOSNIFF,
    }  # fmt: skip


def test_available_answers_head_only(listener: RunningListener) -> None:
    head = listener.request("HEAD", "/available")
    assert (head.status, head.headers["content-length"]) == (200, "0")
    assert of_the_protocol(head.headers) == {**XML, **CORS, **POLICY, **NOSNIFF}
    assert listener.request("GET", "/available").status == 404


@pytest.mark.parametrize("path", ["/", "/transactions/authorize.xml", "/nothing/here", "/status"])
def test_options_answers_the_preflight_of_any_path(listener: RunningListener, path: str) -> None:
    answer = listener.request("OPTIONS", path)
    assert (answer.status, answer.body) == (204, "")
    assert "content-length" not in answer.headers
    assert of_the_protocol(answer.headers) == {
        **CORS,
        **POLICY,
        **NOSNIFF,
        "access-control-max-age": "86400",
        "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE",
        "access-control-allow-headers": "Authorization, Accept-Encoding, Content-Type, Cache-Control, Accept, "
        "If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, X-Requested-With, "
        "X-HTTP-Method-Override, 3scale-options",
    }


def test_a_browser_that_asks_may_send_ids_with_a_call(listener: RunningListener) -> None:
    """Headers beyond the protocol are named to who asks for them; others are not."""
    asked = "content-type, Idempotency-Key,x-request-id, x-other"
    answer = listener.request(
        "OPTIONS", "/transactions/authrep.xml", access_control_request_headers=asked
    )
    allowed = answer.headers["access-control-allow-headers"]
    assert allowed.endswith(
        ", X-HTTP-Method-Override, 3scale-options, Idempotency-Key, X-Request-Id"
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/transactions.xml"),
        ("GET", "/transactions/authorize.xml/"),
        ("GET", "/transactions/authorize"),
        ("GET", "/transactions/authorize.json"),
        ("GET", "//transactions/authorize.xml"),
        ("POST", "/transactions/authorize.xml"),
        ("POST", "/transactions/authrep.xml"),
        ("POST", "/status"),
        ("POST", "/transactions.xml/"),
        ("PUT", "/transactions.xml"),
        ("DELETE", "/transactions.xml"),
        ("PATCH", "/transactions.xml"),
        ("BREW", "/status"),
    ],
)
def test_whatever_is_not_known_is_not_found(
    listener: RunningListener, method: str, path: str
) -> None:
    """Never 405: an empty body with the headers of the XML API."""
    answer = listener.request(method, path)
    assert (answer.status, answer.body) == (404, "")
    assert answer.headers["content-length"] == "0"
    assert of_the_protocol(answer.headers) == {**XML, **CORS, **POLICY, **NOSNIFF}


def test_an_authorization_and_a_denial_have_the_headers_of_the_api(
    listener: RunningListener,
) -> None:
    app = listener.application(keys=["k"])
    for query, status in ((f"{app.by_id}&app_key=k", 200), (app.by_id, 409)):
        for endpoint in ("authorize", "authrep"):
            answer = listener.get(endpoint, query)
            assert answer.status == status
            assert of_the_protocol(answer.headers) == {**XML, **CORS, **POLICY, **NOSNIFF}
            assert answer.headers["content-length"] == str(len(answer.body))


def test_an_error_has_no_content_security_policy(listener: RunningListener) -> None:
    answer = listener.authorize("")
    assert answer.status == 403
    assert of_the_protocol(answer.headers) == {**XML, **CORS, **NOSNIFF}
    report = listener.report("")
    assert of_the_protocol(report.headers) == {**XML, **CORS, **NOSNIFF}


def test_head_has_the_headers_of_get_and_no_body(listener: RunningListener) -> None:
    """For authorizations, denials and errors alike, with the length of the body that GET has."""
    app = listener.application(limits={("hits", "eternity"): 5})
    denied = listener.application(state="suspended")
    for path in (
        "/status",
        "/check.txt",
        f"/transactions/authorize.xml?{app.by_id}",
        f"/transactions/authorize.xml?{denied.by_id}",
        "/transactions/authorize.xml?provider_key=nobody",
        "/nothing",
    ):
        get, head = listener.request("GET", path), listener.request("HEAD", path)
        assert (head.status, head.body) == (get.status, "")
        assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


def test_head_authrep_counts(listener: RunningListener) -> None:
    app = listener.application(limits={("hits", "eternity"): 2})
    path = f"/transactions/authrep.xml?{app.by_id}&usage[hits]=1"
    statuses = [listener.request("HEAD", path).status for _ in range(3)]
    assert (statuses, listener.counted(app)) == ([200, 200, 409], 2)


def test_a_connection_serves_many_calls_and_they_are_answered_in_order(
    listener: RunningListener,
) -> None:
    """Pipelined calls, good and bad, each get their own answer."""
    app = listener.application(limits={("hits", "eternity"): 2})
    call = f"GET /transactions/authrep.xml?{app.by_id}&usage[hits]=1 HTTP/1.1\r\nHost: x\r\n\r\n"
    bad = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    last = "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = listener.raw((call + bad + call + call + last).encode())
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200", b"409", b"200"]


def test_an_unreadable_request_line_is_refused_and_the_listener_goes_on(
    listener: RunningListener,
) -> None:
    for data in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /status HTTP/9.9\r\n\r\n",
        b"GET /transactions/authorize.xml?a=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    ):
        answer = listener.raw(data)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), data[:40]
    assert listener.request("GET", "/status").status == 200


def test_the_usage_shape_error_has_an_empty_body(listener: RunningListener) -> None:
    """A usage that is no map is refused without an error document."""
    app = listener.application()
    for usage in ("usage=", "usage=1001", "usage[]=1", "usage"):
        answer = listener.authrep(f"{app.by_id}&{usage}")
        assert (answer.status, answer.body) == (403, "")
    assert listener.entries(app) == []


def test_raw_utf8_in_a_query_is_read_like_its_escapes(listener: RunningListener) -> None:
    app = listener.application()
    query = f"{app.by_id}&usage[\u0416\u00e9]=1".encode()
    for name in (query, query.replace("\u0416\u00e9".encode(), b"%D0%96%C3%A9")):
        answer = listener.raw(
            b"GET /transactions/authrep.xml?"
            + name
            + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert answer.endswith(
            error_body("metric_invalid", 'metric "\u0416\u00e9" is invalid').encode()
        )
