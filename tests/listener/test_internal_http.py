"""What holds for the whole Internal API: who may call, what a body may be, which paths there are."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.internal_api import InternalClient, path_of
from support.running_listener import RunningListener

from tallygate import __version__
from tallygate.domain.errors import InputError
from tallygate.listener.internal.auth import BasicAuth, require_password_unless_local
from tallygate.settings import Settings

pytestmark = pytest.mark.service

NOT_FOUND = '{"status":"not_found","error":"Not found"}'
FUZZ = settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningListener]:
    """A listener whose Internal API asks for a password."""
    home: Path = tmp_path_factory.mktemp("protected")
    running = RunningListener(home, internal_user="us\u00e9r", internal_password="pass:word")
    running.start()
    try:
        yield running
    finally:
        running.close()


def test_liveness_is_told(internal: InternalClient) -> None:
    assert internal.text("GET", "/check.json") == (200, '{"status":"ok"}')
    status = f'{{"status":"ok","version":{{"backend":"{__version__}"}}}}'
    assert internal.text("GET", "/status") == (200, status)
    assert internal.raw("HEAD", "/status", None).status == 200


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic", "Basic !", basic("", ""), basic("us\u00e9r", "wrong"), basic("x", "pass:word"), "Bearer x",
     basic("us\u00e9r", "pass:word").replace("Basic", "Digest")],
)  # fmt: skip
def test_without_the_password_nothing_is_told(
    protected: RunningListener, authorization: str | None
) -> None:
    """Not even which paths there are."""
    for path in ("/check.json", "/services/1", "/nowhere"):
        answer = InternalClient(protected).raw("GET", path, None, authorization=authorization)
        assert (answer.status, answer.body) == (401, "")
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["www-authenticate"] == 'Basic realm=""'


def test_with_the_password_calls_are_answered(protected: RunningListener) -> None:
    client = InternalClient(protected)
    for scheme in ("Basic", "basic"):
        right = basic("us\u00e9r", "pass:word").replace("Basic", scheme)
        assert client.raw("GET", "/check.json", None, authorization=right).status == 200


def test_commands_of_the_installation_need_their_token_only(protected: RunningListener) -> None:
    protected.service("2")
    app = protected.application()
    line = json.dumps({"application": app.id, "time_ms": 1, "usage": {"hits": 1}}).encode()
    assert protected.backfill("2", line).status == 200


def test_a_password_alone_is_enough() -> None:
    auth = BasicAuth(Settings(internal_password="secret"))
    assert auth.admits(basic("", "secret"))
    assert not auth.admits(basic("somebody", "secret"))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "2001:db8::1"])
def test_the_internal_api_is_never_open_to_other_machines(host: str) -> None:
    """Bound to another address than loopback, the listener starts with a password only."""
    for open_to_all in (Settings(), Settings(internal_user="user")):
        with pytest.raises(InputError, match="TALLYGATE_INTERNAL_PASSWORD must be set"):
            require_password_unless_local(open_to_all, host)
    require_password_unless_local(Settings(internal_password="secret"), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1"])
def test_on_loopback_no_password_is_needed(host: str) -> None:
    require_password_unless_local(Settings(), host)


def test_web_pages_may_not_call_without_a_password(
    internal: InternalClient, protected: RunningListener
) -> None:
    """A browser says where a page comes from; programs of the machine do not."""
    answer = internal.raw("GET", "/check.json", None, origin="http://example.org")
    assert (answer.status, json.loads(answer.body)["status"]) == (403, "error")
    right = basic("us\u00e9r", "pass:word")
    client = InternalClient(protected)
    answer = client.raw(
        "GET", "/check.json", None, origin="http://example.org", authorization=right
    )
    assert answer.status == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"metric":{"name":"n"}}', "application/json"),
        (b'{"metric":{"name":"n"}}', "application/x-www-form-urlencoded"),
        (b' {"metric":{"name":"n"}}', "text/plain"),
        (b'{"metric":{"name":"n"}}', None),
        (b"metric[name]=n", "application/x-www-form-urlencoded"),
        (b"metric%5Bname%5D=n", None),
        (
            b'--B\r\nContent-Disposition: form-data; name="metric[name]"\r\n\r\nn\r\n--B--\r\n',
            "multipart/form-data; boundary=B",
        ),
    ],
)
def test_a_body_is_a_json_object_or_a_form(
    internal: InternalClient, body: bytes, content_type: str | None
) -> None:
    answer = internal.raw("POST", "/services/6001/metrics/1", body, content_type=content_type)
    assert (answer.status, json.loads(answer.body)["metric"]["name"]) == (201, "n")


def test_parameters_may_stand_in_the_query_string_and_the_body_goes_before_it(
    internal: InternalClient,
) -> None:
    path = "/services/6002/alert_limits/?alert_limit[value]=50"
    assert internal.post(path)[1]["alert_limit"]["value"] == 50
    told = internal.post(path, {"alert_limit": {"value": 80}})
    assert told[1]["alert_limit"]["value"] == 80


@pytest.mark.parametrize(
    "body",
    [b"{", b"[1]", b'"text"', b"null", b"nonsense", b'{"a":1} x', b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":NaN}',
     b'{"a":' * 20_000],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(internal: InternalClient, body: bytes) -> None:
    """Of a GET as well, and before anything is done."""
    for method in ("POST", "GET"):
        answer = internal.raw(method, "/services/6003/metrics/1", body, content_type="text/json")
        wanted = '{"status":"error","error":"the body is not a JSON object"}'
        assert (answer.status, answer.body) == (400, wanted)


@pytest.mark.parametrize("query", ["a=%zz", "a=%ff", "a=1&a[b]=1", "a" + "[b]" * 40])
def test_parameters_that_cannot_be_read_are_refused(internal: InternalClient, query: str) -> None:
    assert internal.get(f"/services/6003/metrics/1?{query}")[0] == 400
    form = "application/x-www-form-urlencoded"
    answer = internal.raw("POST", "/services/6003/metrics/1", query.encode(), content_type=form)
    assert answer.status == 400


def test_a_body_that_breaks_off_changes_nothing(
    listener: RunningListener, internal: InternalClient
) -> None:
    head = (
        b"PUT /internal/services/6004/metrics/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"
    )
    answer = listener.raw(head + b'{"metric":{"name":"n"}}', half_close=True)
    assert not answer or answer.startswith(b"HTTP/1.1 400 ")
    assert internal.get("/services/6004/metrics/1")[0] == 404


def test_four_mebibytes_are_the_most_that_is_read(listener: RunningListener) -> None:
    head = "PUT /internal/services/6004/metrics/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    answer = listener.raw(f"{head}Content-Length: {4 * 1024 * 1024 + 1}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"exceeds limit (4194304)" in answer


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "BREW"])
@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere", "/services", "/services/10/x", "/check.json/", "/status/", "/services/10/metrics", "/services/10/metrics/5/",
     "/services/10/alert_limits", "/services/10/plans/p/usagelimits/5", "/services/10/plans/p/usagelimits/5/day/",
     "/services/10/applications", "/services/10/applications/", "/services/10/applications/app/", "/service_tokens",
     "/service_tokens/t/10", "/services/10/metrics/a%2Fb", "//services/10"],
)  # fmt: skip
def test_an_unknown_route_is_not_found(internal: InternalClient, method: str, path: str) -> None:
    """A slash at the end counts."""
    assert internal.text(method, path, {}) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/services/"), ("PUT", "/services/"), ("DELETE", "/services/"), ("GET", "/services/10/"), ("PUT", "/services/10/"),
        ("DELETE", "/services/10/"), ("POST", "/services/10"), ("PUT", "/services/10/applications/app/keys/"),
        ("POST", "/services/10/applications/batch/"), ("GET", "/service_tokens/"), ("GET", "/service_tokens/t/10/"),
        ("HEAD", "/service_tokens/t/10"), ("PUT", "/services/10/alert_limits/"), ("GET", "/services/10/alert_limits/50"),
        ("DELETE", "/services/10/applications/app/"), ("POST", "/status"),
    ],
)  # fmt: skip
def test_a_known_path_answers_its_own_methods_only(
    internal: InternalClient, method: str, path: str
) -> None:
    assert internal.raw(method, path, None).status == 404


@pytest.mark.parametrize("path", ["keys", "utilization", "referrer_filters/"])
def test_paths_below_an_application_end_exactly_as_they_should(
    internal: InternalClient, path: str
) -> None:
    internal.put("/services/6005/applications/app", {"application": {"state": "active"}})
    assert internal.get(f"/services/6005/applications/app/{path}")[0] == 404


def test_a_path_that_is_not_utf8_is_refused(internal: InternalClient) -> None:
    """What cannot be told apart must not be mixed up."""
    told = internal.put("/services/6006/applications/%ff", {"application": {"state": "active"}})
    assert told == (400, {"status": "error", "error": "all data must be valid UTF8"})


odd_text = st.one_of(
    st.sampled_from(["", " ", "1", "app", "key", "keys", "batch", "day", "\x00", "%", "a/b", "t", "50", "\ufffd", "9" * 40]),
    st.text(max_size=6).filter(lambda text: text.isprintable()),
)  # fmt: skip
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), odd_text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(odd_text, inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
names = st.sampled_from(
    ["service", "application", "applications", "application_key", "referrer_filter", "metric", "usagelimit", "alert_limit",
     "service_tokens", "new_key", "id", "provider_key", "state", "value", "name", "parent_id", "day", "user_key",
     "application_keys", "referrer_filters", "service_token", "service_id", "plan_id", "default_service"]
)  # fmt: skip
objects = st.dictionaries(names, values, max_size=4)
bodies = st.one_of(
    st.dictionaries(names, st.one_of(values, objects, st.lists(objects, max_size=2)), max_size=3).map(json.dumps).map(str.encode),
    st.binary(max_size=30),
)  # fmt: skip
segments = st.lists(
    st.one_of(
        st.sampled_from(["services", "applications", "keys", "key", "metrics", "plans", "usagelimits", "alert_limits",
                         "service_tokens", "utilization", "referrer_filters", "provider_key", "batch", "change_provider_key", "fuzz"]),
        odd_text,
    ),
    max_size=3,
)  # fmt: skip
known = st.sampled_from(
    ["/services/", "/services/fuzz", "/services/fuzz/applications/app", "/services/fuzz/applications/app/keys/",
     "/services/fuzz/applications/batch", "/services/fuzz/applications/app/referrer_filters", "/services/fuzz/metrics/1",
     "/services/fuzz/plans/p/usagelimits/1/day", "/services/fuzz/alert_limits/", "/service_tokens/",
     "/services/fuzz/applications/app/utilization/", "/services/change_provider_key/fuzz", "/services/fuzz/applications/key/"]
)  # fmt: skip
paths = st.one_of(
    known,
    st.tuples(known, segments).map(lambda parts: f"{parts[0]}/{path_of(*parts[1])}"),
    segments.map(lambda parts: "/" + path_of(*parts)),
)


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningListener]:
    """A listener whose services may be changed and deleted at random."""
    running = RunningListener(tmp_path_factory.mktemp("stormy"))
    running.service("2")
    running.start()
    try:
        yield running
    finally:
        running.close()


@FUZZ
@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]), paths, bodies)
def test_no_call_gets_anything_but_a_clear_answer(
    stormy: RunningListener, method: str, path: str, body: bytes
) -> None:
    """Never a failure, and JSON always; calls of the Service Management API are answered as before."""
    answer = InternalClient(stormy).raw(method, path, body)
    assert answer.status in (200, 201, 400, 404, 405, 422), (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/json"
    if method != "HEAD":
        assert isinstance(json.loads(answer.body), dict)
    for service in ("fuzz", "2"):
        query = f"provider_key=pk&service_id={service}&app_id=app&usage[hits]=1"
        assert stormy.authrep(query).status in (200, 403, 404, 409)
