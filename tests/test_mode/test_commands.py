"""Test mode as a foreign test suite uses it: over HTTP, with a clock that it sets."""

import json
import time
from typing import Any

import pytest
from support.driven_server import DrivenServer, utc_s

pytestmark = pytest.mark.service


def test_reset_empties_all_that_the_listener_knows_and_has_counted(server: DrivenServer) -> None:
    """Registry, counters, ids, events (whose ids begin with 1 again), marks of alerts, and errors."""
    for _ in range(2):
        server.provision({"day": 10}, levels=(50,))
        assert server.authrep(hits=5)[0] == 200
        assert server.authrep_once("x", hits=1) == "counted"
        assert server.authrep_once("x", hits=1) == "repeated"
        assert server.authrep(nope=1)[0] == 404
        assert [(each["id"], each["type"]) for each in server.events()] == [
            (1, "first_traffic"), (2, "first_daily_traffic"), (3, "alert"),
        ]  # fmt: skip
        assert server.events()[2]["object"]["id"] == 1
        assert server.internal("GET", "/services/10/errors/")["count"] == 1
        assert server.test("reset") == {"status": "ok"}
        assert 'code="service_id_invalid"' in server.authorize()[1]
        assert server.events() == []
        assert server.stat(metric="30", period="eternity") is None
        server.internal("POST", "/services/", {"service": {"id": "10", "provider_key": "pk"}})
        assert server.internal("GET", "/services/10/errors/")["count"] == 0
        assert server.json("GET", "/internal/services/10/metrics/30")[0] == 404


def test_reset_leaves_the_clock_as_it_is(server: DrivenServer) -> None:
    server.test("reset")
    server.provision({"day": 10})
    assert "<period_start>2010-05-12 00:00:00 +0000</period_start>" in server.authorize()[1]


def test_the_clock_stands_still_where_it_was_set(server: DrivenServer) -> None:
    """For limits, events, reports and their windows."""
    server.provision({"minute": 3})
    assert [server.authrep(hits=1)[0] for _ in range(4)] == [200, 200, 200, 409]
    time.sleep(0.01)
    assert server.events()[0]["timestamp"] == "2010-05-12 12:00:00 UTC"
    assert server.report({"hits": 1, "timestamp": "2010-05-11 11:59:59"}) == 202
    assert server.stat(metric="hits", at="2010-05-11T11:59:59") is None, "too old"
    assert server.report({"hits": 1, "timestamp": "2010-05-11 12:00:00"}) == 202
    assert server.stat(metric="hits", at="2010-05-11T12:00:00") == 1
    server.set_clock("2010-05-12 12:01")
    assert server.authrep(hits=1)[0] == 200


def test_the_clock_may_jump_back_and_forth(server: DrivenServer) -> None:
    """Each period holds what was counted in it, whenever one comes back to it, and limits go by that."""
    server.provision({"day": 2, "month": 3})
    assert [server.authrep(hits=1)[0] for _ in range(3)] == [200, 200, 409]
    server.set_clock("2009-12-31 23:59")
    assert [server.authrep(hits=1)[0] for _ in range(3)] == [200, 200, 409]
    server.set_clock("2010-05-13 00:00")
    assert [server.authrep(hits=1)[0] for _ in range(2)] == [200, 409]
    server.set_clock("2009-12-30 00:00")
    assert [server.authrep(hits=1)[0] for _ in range(2)] == [200, 409]
    server.set_clock("2010-05-12 12:00")
    assert server.authrep(hits=1)[0] == 409
    assert server.stat(metric="hits") == 2
    assert server.stat(metric="hits", period="eternity") == 6
    assert server.stat(metric="hits", period="year", at="2009-01-01") == 3


def test_null_sets_the_clock_going_again(server: DrivenServer) -> None:
    server.provision({"year": 10**9})
    assert server.test("clock", now=None) == {"now": None}
    year = time.gmtime().tm_year
    assert f"<period_start>{year}-01-01 00:00:00 +0000</period_start>" in server.authorize()[1]
    assert server.authrep(hits=1)[0] == 200
    assert server.stat(metric="hits", period="year") == 1
    server.set_clock("2010-05-12 12:00")
    assert server.stat(metric="hits", period="year") is None


def test_an_id_stays_known_when_the_clock_goes_back(server: DrivenServer) -> None:
    server.provision()
    assert server.authrep_once("x", hits=1) == "counted"
    server.set_clock("2010-01-01 00:00")
    assert server.authrep_once("x", hits=1) == "repeated"
    assert server.stat(metric="hits", period="eternity") == 1


def test_microseconds_are_taken(server: DrivenServer) -> None:
    assert server.test("clock", now=[1273665600, 999_999]) == {"now": [1273665600, 999_999]}


def test_events_come_once_although_the_clock_goes_back(server: DrivenServer) -> None:
    server.provision({"eternity": 10}, levels=(50,))
    server.authrep(hits=5)
    server.set_clock("2010-05-01 00:00")
    server.authrep(hits=1)
    assert [each["type"] for each in server.events()] == ["first_traffic", "first_daily_traffic", "alert"]  # fmt: skip


def test_an_alert_that_is_forgotten_is_raised_again(server: DrivenServer) -> None:
    """However much time has passed on the clock; one that was never raised cannot be forgotten."""
    server.provision({"month": 100}, levels=(90,))
    assert server.test("forget_alert", service="10", app="a", level=90) == {"deleted": 0}
    server.authrep(hits=90)
    server.set_clock("2010-05-15 12:00")
    assert server.test("forget_alert", service=10, app="a", level=90) == {"deleted": 1}
    assert server.test("forget_alert", service=10, app="a", level=90) == {"deleted": 0}
    server.authrep(hits=1)
    assert [each["object"].get("utilization") for each in server.events()][2:] == [90, None, 90]


def test_an_error_that_is_stored_is_the_services(server: DrivenServer) -> None:
    """As one that a call has made; also of a service that comes later."""
    assert server.test("store_error", service="11", code="metric_invalid", message="no metric") == {
        "status": "ok"
    }
    server.internal("POST", "/services/", {"service": {"id": "11", "provider_key": "pk"}})
    (error,) = server.internal("GET", "/services/11/errors/")["errors"]
    assert (error["code"], error["message"]) == ("metric_invalid", "no metric")
    assert error["timestamp"] == "2010-05-12 12:00:00 UTC"


def test_what_waits_in_other_servers_does_not_wait_here(server: DrivenServer) -> None:
    """Jobs, notifications and caches: after such a command all is as it was before it."""
    server.provision()
    server.authrep(hits=1)
    for name in ("run_jobs", "flush_notifications", "forget_cache"):
        assert server.test(name) == {"status": "ok"}
        assert server.authrep(hits=1)[0] == 200
    assert server.stat(metric="hits") == 4


def test_events_can_be_put_there_as_clients_of_the_internal_api_do(server: DrivenServer) -> None:
    """They are told as they were given, with ids from the one sequence."""
    server.provision()
    given = [
        {"type": "first_traffic", "object": {"application_id": 1}},
        {"type": "alert", "object": {"application_id": 3, "more": [None, 0.5]}},
    ]
    assert server.json("POST", "/internal/events/", {"events": given}) == (201, {"status": "created"})  # fmt: skip
    server.authrep(hits=1)
    events = server.events()
    assert [each["id"] for each in events] == [1, 2, 3, 4]
    assert events[0] == {"id": 1, "timestamp": "2010-05-12 12:00:00 UTC", **given[0]}
    assert events[1]["object"] == given[1]["object"]
    assert events[2]["object"]["application_id"] == "a"
    assert server.json("DELETE", "/internal/events/2") == (200, {"status": "deleted"})
    assert server.json("DELETE", "/internal/events/", {"upto_id": 3})[1]["num_events"] == 2
    for wrong in ([1], [{"object": {}}], [{"type": 1}], "x"):
        assert server.json("POST", "/internal/events/", {"events": wrong})[0] == 400
    assert server.json("POST", "/internal/events/", {})[0] == 400


def test_errors_can_be_put_there_as_clients_of_the_internal_api_do(server: DrivenServer) -> None:
    path = "/internal/services/10/errors/"
    assert server.json("POST", path, {"errors": ["x"]})[0] == 404
    server.provision()
    assert server.json("POST", path, {"errors": ["one", "two"]}) == (201, {"status": "created"})
    _, told = server.json("GET", path)
    assert {(each["code"], each["message"]) for each in told["errors"]} == {("error", "one"), ("error", "two")}  # fmt: skip
    for wrong in ([1], "x", {}):
        assert server.json("POST", path, {"errors": wrong})[0] == 400


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("clock", b"{}", "required field `now`"),
        ("clock", b'{"now": 5}', "at `$.now`"),
        ("clock", b'{"now": [1]}', "length 2"),
        ("clock", b'{"now": ["1", 2]}', "at `$.now[0]`"),
        ("clock", b'{"now": [-1, 0]}', "[seconds, microseconds] since 1970"),
        ("clock", b'{"now": [0, 1000000]}', "[seconds, microseconds] since 1970"),
        ("clock", b'{"now": [999999999999, 0]}', "before the year 9999"),
        ("clock", b'{"now": null, "then": 1}', "unknown field `then`"),
        ("reset", b"[]", "Expected `object`"),
        ("reset", b"{", "truncated"),
        ("reset", b"\xff", "JSON is malformed"),
        ("reset", b'{"hard": true}', "unknown field `hard`"),
        ("forget_alert", b'{"service": "1", "app": "a"}', "required field `level`"),
        ("forget_alert", b'{"service": "1", "app": "a", "level": "x"}', "at `$.level`"),
        ("store_error", b'{"service": "1", "code": "", "message": "x"}', "at `$.code`"),
        ("stat", b'{"service": "1", "period": "day"}', "either a metric or a code"),
        ("stat", b'{"service": "1", "period": "day", "metric": 1, "code": 200}', "either a metric"),
        ("stat", b'{"service": "1", "period": "decade", "metric": 1}', "at `$.period`"),
        ("stat", b'{"service": "1", "period": "day", "code": "20"}', "a code has three digits"),
        ("stat", b'{"service": "1", "period": "day", "code": "9XX"}', "a code has three digits"),
        ("stat", b'{"service": "1", "period": "day", "metric": 1, "at": "noon"}', "ISO 8601"),
        ("stat", b'{"service": "1", "period": "day", "metric": 1, "at": -1}', "ISO 8601"),
        ("stat", b'{"service": "1", "period": "day", "metric": 1, "at": 1e99}', "ISO 8601"),
        ("stat", b'{"service": "1", "period": "day", "metric": 1, "at": {}}', "at `$.at`"),
        ("stat", b"[" * 20_000, "400"),
    ],
)
def test_what_makes_no_sense_is_told_in_words(
    server: DrivenServer, name: str, body: bytes, said: str
) -> None:
    status, text = server.request("POST", f"/__test/{name}", body)
    told = json.loads(text)
    assert status == 400
    assert said in f"{status} {told['error']}"
    assert server.request("GET", "/status")[0] == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "reset"), ("POST", "nothing"), ("POST", ""), ("POST", "reset/")]
)
def test_there_are_no_other_commands(server: DrivenServer, method: str, path: str) -> None:
    status, told = server.json(method, f"/__test/{path}")
    assert status == 404
    assert "POST /__test/reset" in told["error"]


def test_web_pages_cannot_use_it(server: DrivenServer) -> None:
    """A page that somebody looks at could otherwise call programs of this machine."""
    status, text = server.request("POST", "/__test/reset", b"{}", origin="http://example.org")
    assert (status, json.loads(text)) == (403, {"error": "web pages may not use test mode"})


def test_a_body_may_be_empty_and_ids_may_be_numbers(server: DrivenServer) -> None:
    assert server.request("POST", "/__test/reset")[0] == 200
    given: dict[str, Any] = {"service": 10, "app": 5, "metric": 30, "period": "day"}
    assert server.test("stat", **given, at=utc_s("2010-05-12 12:00")) == {"value": None}
