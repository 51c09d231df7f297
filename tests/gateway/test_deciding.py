"""Which calls pass the gateway: as the product is set up, exactly up to its limits, and what happens while Tallygate is away."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.faulty_proxy import FaultyProxy
from support.running_gateway import Json, RunningGateway, content, listener_with, rule
from support.running_listener import RunningListener, away_from_the_end_of_a_minute
from support.upstream_api import UpstreamApi

pytestmark = pytest.mark.service

Make = Callable[..., RunningGateway]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Starts gateways with some configurations and options."""
    made: list[RunningGateway] = []

    def start(*contents: Json, options: tuple[str, ...] = ()) -> RunningGateway:
        gateway = RunningGateway(tmp_path / f"gateway{len(made)}", *options)
        gateway.configure(*contents)
        made.append(gateway)
        gateway.start()
        return gateway

    yield start
    for each in made:
        each.close()


def wait_until(done: Callable[[], object], within_s: float = 20) -> None:
    give_up_at = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_exactly_as_many_calls_pass_as_the_limit_allows(
    gateway: RunningGateway, listener: RunningListener
) -> None:
    """Of forty calls at once, with a limit of 10, ten pass; the others hear 429, and when to come again."""
    away_from_the_end_of_a_minute()
    app = listener.application("1", limits={("hits", "minute"): 10})
    found: list[int] = []

    def call() -> None:
        found.append(gateway.get(f"/?user_key={app.user_key}").status)

    threads = [threading.Thread(target=call) for _ in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == [200] * 10 + [429] * 30
    assert listener.counted(app) == 10
    answer = gateway.get(f"/?user_key={app.user_key}")
    assert 0 < int(answer.header("retry-after") or 0) <= 60


def test_a_metric_that_is_not_in_the_plan_is_refused_like_a_wrong_key(
    gateway: RunningGateway, listener: RunningListener
) -> None:
    """A limit of zero is no limit that somebody could wait for: 403, as the gateways of 3scale say."""
    app = listener.application("1", limits={("hits", "eternity"): 0})
    assert gateway.get(f"/?user_key={app.user_key}").status == 403


def test_calls_that_may_not_pass_get_the_answers_of_the_product(
    make: Make, listener_url: str, api: UpstreamApi
) -> None:
    """Status, content type and text for missing and wrong credentials and unknown paths are the product's; the API gets nothing."""
    gateway = make(
        content(
            "1", listener_url, api.url, "a.example", rules=[rule("/orders")],
            error_status_auth_missing=499, error_auth_missing='{"error": "who?"}',
            error_headers_auth_missing="application/json",
            error_status_auth_failed=418, error_status_no_match=410,
        )
    )  # fmt: skip
    before = len(api.calls)
    missing = gateway.get("/orders", "a.example")
    assert (missing.status, missing.body) == (499, b'{"error": "who?"}')
    assert missing.header("content-type") == "application/json"
    assert gateway.get("/orders?user_key=wrong", "A.example:80").status == 418
    assert gateway.get("/else?user_key=wrong", "a.example").status == 410
    unknown = gateway.get("/orders?user_key=wrong", "b.example")
    assert (unknown.status, unknown.body) == (404, b"")
    assert len(api.calls) == before
    assert gateway.metric("tallygate_gateway_calls_total", outcome="auth_failed") == 1


def test_a_status_that_is_null_does_not_let_calls_pass(
    make: Make, listener_url: str, api: UpstreamApi
) -> None:
    """Where the configuration has null, the default answers: gateways that take null for nothing let everybody pass."""
    gateway = make(
        content(
            "1", listener_url, api.url, "a.example", error_status_auth_failed=None,
            error_auth_failed=None, error_headers_auth_failed=None,
        )
    )  # fmt: skip
    answer = gateway.get("/?user_key=wrong", "a.example")
    assert (answer.status, answer.body) == (403, b"Authentication failed")


def _basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize("location", ["query", "headers", "authorization"])
@pytest.mark.parametrize("version", ["1", "2"])
def test_credentials_are_taken_from_where_the_product_has_them(
    make: Make, listener_url: str, listener: RunningListener, api: UpstreamApi,
    location: str, version: str,
) -> None:  # fmt: skip
    """User keys, and ids with keys, in the query, in headers, and as Basic; nowhere else."""
    product = "1" if version == "1" else "3"
    app = listener.application(product, keys=["secret"] if version == "2" else [])
    name = "u" if version == "1" else "i"
    value = app.user_key if version == "1" else app.id
    pairs = {name: value, "k": "secret"}
    ways: dict[str, tuple[str, dict[str, str]]] = {
        "query": ("/?" + "&".join(f"{a}={b}" for a, b in pairs.items()), {}),
        "headers": ("/", pairs),
        "authorization": ("/", _basic(value if version == "1" else f"{value}:secret")),
    }
    gateway = make(
        content(
            product, listener_url, api.url, "a.example", backend_version=version,
            credentials_location=location, auth_user_key="u", auth_app_id="i", auth_app_key="k",
        )
    )  # fmt: skip
    found = {
        way: gateway.get(target, "a.example", **headers).status
        for way, (target, headers) in ways.items()
    }
    assert found == {way: 200 if way == location else 401 for way in ways}
    for broken in ("Basic", "Basic ???", "Bearer x", "Basic /w=="):
        assert gateway.get("/", "a.example", Authorization=broken).status == 401


def test_calls_go_to_the_backend_of_their_path(
    make: Make, listener_url: str, listener: RunningListener
) -> None:
    """With backends under paths the longest one has the call, its path taken off; where there is none the call is counted and hears 404."""
    app = listener.application("1")
    with UpstreamApi() as first, UpstreamApi() as second:

        def route(url: str, path: str, number: int) -> Json:
            value = f"^({path}/.*|{path}/?)"
            operation = {"match": "path", "op": "matches", "value": value}
            return {"url": url, "owner_id": number, "condition": {"operations": [operation]}}

        routes = [route(f"{second.url}/v2", "/bin/lib", 8), route(first.url, "/bin", 7)]
        routing = {"name": "routing", "version": "builtin", "configuration": {"rules": routes}}
        gateway = make(
            content(
                "1", listener_url, None, "a.example",
                rules=[rule("/prod"), *(rule(path, "other", owner_type="BackendApi", owner_id=number)
                                        for path, number in (("/bin/", 7), ("/bin/lib/", 8)))],
                policy_chain=[routing, {"name": "apicast", "configuration": {}}],
            )
        )  # fmt: skip
        key = f"user_key={app.user_key}"
        assert gateway.get(f"/bin/a/b?{key}", "a.example").status == 200
        assert gateway.get(f"/bin/lib/x?{key}", "a.example").status == 200
        assert gateway.get(f"/bin/lib/../lib//y?{key}", "a.example").status == 200
        assert gateway.get(f"/prod?{key}", "a.example").status == 404
        assert [call["target"] for call in first.calls] == [f"/a/b?{key}"]
        assert [call["target"] for call in second.calls] == [f"/v2/x?{key}", f"/v2/y?{key}"]
    assert (listener.counted(app, "hits"), listener.counted(app, "other")) == (1, 3)


def test_what_is_counted_and_what_the_api_sees_is_the_same_path(
    gateway: RunningGateway, api: UpstreamApi, listener: RunningListener
) -> None:
    """Dots, double slashes and escapes are resolved before rules and API look at the path."""
    app = listener.application("1")
    gateway.get(f"/a/../b//%63/%2e%2e/d%2fe?user_key={app.user_key}")
    assert api.calls[-1]["target"] == f"/b/d/e?user_key={app.user_key}"


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: api.example\r\nHost: other\r\n\r\n", 400),
        ("GET /../etc HTTP/1.1\r\nHost: api.example\r\n\r\n", 400),
        ("GET /%ff HTTP/1.1\r\nHost: api.example\r\n\r\n", 400),
        ("GET /%00 HTTP/1.1\r\nHost: api.example\r\n\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: api.example\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: api.example\r\nX: " + "y" * 70_000 + "\r\n\r\n", 431),
        ("POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        ("BREW / HTTP/1.1\r\nHost: api.example\r\n\r\n", 401),
        ("nonsense\r\n\r\n", 400),
    ],
)  # fmt: skip
def test_what_is_no_proper_request_goes_no_further(
    gateway: RunningGateway, api: UpstreamApi, request_text: str, status: int
) -> None:
    """Malformed, ambiguous and oversized requests are answered by the gateway, and it goes on."""
    before = len(api.calls)
    found = gateway.raw(request_text.encode("latin-1"))
    assert found.startswith(f"HTTP/1.1 {status} ".encode())
    assert len(api.calls) == before
    assert gateway.get("/").status == 401


def test_no_second_request_hides_in_the_body_of_a_first(
    gateway: RunningGateway, api: UpstreamApi, listener: RunningListener
) -> None:
    """A request with a length and chunks is taken by its chunks, goes on with these alone, and ends its connection."""
    app = listener.application("1")
    before = len(api.calls)
    hidden = f"GET /hidden?user_key={app.user_key} HTTP/1.1\r\nHost: api.example\r\n\r\n"
    gateway.raw(
        f"POST /?user_key={app.user_key} HTTP/1.1\r\nHost: api.example\r\nContent-Length: 4\r\n"
        f"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n{hidden}".encode()
    )
    came = api.calls[before:]
    assert [(call["method"], call["body"]) for call in came] == [("POST", "abc")]
    assert "content-length" not in dict(came[0]["headers"])


def test_while_the_listener_is_away_those_who_are_known_pass_and_are_counted_later(
    make: Make, listener_url: str, listener: RunningListener, api: UpstreamApi
) -> None:
    """Who passed before passes; others hear 503; when it is back each call is counted once."""
    app, other = listener.application("1"), listener.application("1")
    with FaultyProxy(listener.port) as network:
        gateway = make(content("1", network.url, api.url, "a.example"))
        key = f"/?user_key={app.user_key}"
        assert gateway.get(key, "a.example").status == 200
        network.mode = "lose_answers"
        assert [gateway.get(key, "a.example").status for _ in range(5)] == [200] * 5
        unknown = gateway.get(f"/?user_key={other.user_key}", "a.example")
        assert (unknown.status, unknown.header("retry-after")) == (503, "5")
        network.mode = "pass"
        wait_until(lambda: listener.counted(app) >= 6)
        wait_until(lambda: gateway.metric("tallygate_gateway_report_failures") == 0)
        assert gateway.metric("tallygate_gateway_reports_total", state="lost_id_conflict") == 0
    assert listener.counted(app) == 6
    assert listener.counted(other) == 0


@pytest.mark.parametrize(("policy", "status"), [("allow", 200), ("deny", 503)])
def test_who_passes_while_the_listener_is_away_is_a_setting(
    make: Make, api: UpstreamApi, policy: str, status: int
) -> None:
    gateway = make(
        content("1", "http://127.0.0.1:9", api.url, "a.example"), options=("--when-away", policy)
    )
    assert gateway.get("/?user_key=anybody", "a.example").status == status


def test_what_a_killed_gateway_had_spooled_is_counted_by_its_successor(
    make: Make, listener_url: str, listener: RunningListener, api: UpstreamApi
) -> None:
    """kill -9 while the listener is away loses no call that was answered."""
    app = listener.application("1")
    with FaultyProxy(listener.port) as network:
        gateway = make(
            content("1", network.url, api.url, "a.example"), options=("--when-away", "allow")
        )
        network.mode = "hang"
        assert gateway.get(f"/?user_key={app.user_key}", "a.example").status == 200
        wait_until(lambda: gateway.metric("tallygate_gateway_reports_total", state="spooled") == 2)
        gateway.process.kill()
        network.mode = "pass"
        gateway.start()
        wait_until(lambda: listener.counted(app) == 1)


def test_batched_calls_are_counted_with_their_codes_and_few_questions(
    make: Make, listener_url: str, listener: RunningListener, api: UpstreamApi
) -> None:
    """An answer holds for further calls: a hundred calls, one question, all counted; a limit's rest is not exceeded."""
    app = listener.application("1")
    limited = listener.application("1", limits={("hits", "eternity"): 5})
    gateway = make(content("1", listener_url, api.url, "a.example"), options=("--batched", "60"))
    for _ in range(100):
        assert gateway.get(f"/status/201?user_key={app.user_key}", "a.example").status == 201
    assert gateway.metric("tallygate_gateway_calls_total", outcome="passed") == 100
    wait_until(lambda: listener.counted(app) == 100)
    assert {entry.code for entry in listener.entries(app)} == {201}
    passed = [gateway.get(f"/?user_key={limited.user_key}", "a.example").status for _ in range(5)]
    assert passed == [200] * 5
    wait_until(lambda: listener.counted(limited) == 5)
    assert gateway.get(f"/?user_key={limited.user_key}", "a.example").status == 429


def test_products_on_one_host_are_told_apart_by_their_rules(
    make: Make, tmp_path: Path, api: UpstreamApi
) -> None:
    """The first product with a rule for the path has the call, and its own keys."""
    running = listener_with(tmp_path / "two", "1", "2")
    try:
        url = f"http://127.0.0.1:{running.port}"
        first, second = running.application("1"), running.application("2")
        gateway = make(
            content("1", url, api.url, "a.example", rules=[rule("/one")]),
            content("2", url, api.url, "a.example", rules=[rule("/two")]),
        )
        assert gateway.get(f"/one?user_key={first.user_key}", "a.example").status == 200
        assert gateway.get(f"/two?user_key={second.user_key}", "a.example").status == 200
        assert gateway.get(f"/two?user_key={first.user_key}", "a.example").status == 403
    finally:
        running.close()
