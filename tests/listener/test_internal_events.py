"""The events through the Internal API."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.full_disk import full_disk
from support.internal_api import InternalClient
from support.running_listener import App, RunningListener

from tallygate.registry.records import AlertLimit

pytestmark = pytest.mark.service


@pytest.fixture
def own(home: Path, own_ledger: dict[str, str]) -> Iterator[RunningListener]:
    """A listener of the test's own: events are one list for all services."""
    running = RunningListener(home, **own_ledger)
    running.service("2", "2")
    running.start()
    yield running
    running.close()


@pytest.fixture
def api(own: RunningListener) -> InternalClient:
    return InternalClient(own)


def watched(own: RunningListener, *levels: int) -> App:
    """An application with 10 hits a day, watched at these levels."""
    for level in levels:
        own.registry.put_alert_limit(AlertLimit("2", level))
    return own.application("2", limits={("hits", "day"): 10}, application_id="app1")


def use(own: RunningListener, app: App, hits: int = 1) -> None:
    assert own.authrep(f"{app.by_id}&usage[hits]={hits}").status == 200


def ids(api: InternalClient) -> list[int]:
    status, told = api.get("/events/")
    assert (status, told["status"]) == (200, "found")
    return [event["id"] for event in told["events"]]


def test_events_are_told_in_the_protocols_words_and_order(
    own: RunningListener, api: InternalClient
) -> None:
    """Of a metric that is gone the id stands in the place of its name."""
    assert api.text("GET", "/events/") == (200, '{"status":"found","events":[]}')
    use(own, watched(own, 50, 80), 5)
    status, text = api.text("GET", "/events/")
    assert (status, re.sub(r'"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"', "TIME", text)) == (
        200,
        '{"status":"found","events":['
        '{"id":1,"type":"first_traffic","timestamp":TIME,'
        '"object":{"service_id":"2","application_id":"app1","timestamp":TIME}},'
        '{"id":2,"type":"first_daily_traffic","timestamp":TIME,'
        '"object":{"service_id":"2","application_id":"app1","timestamp":TIME}},'
        '{"id":3,"type":"alert","timestamp":TIME,"object":{"id":1,"utilization":50,"max_utilization":0.5,'
        '"application_id":"app1","service_id":"2","timestamp":TIME,"limit":"hits per day: 5/10"}}]}',
    )
    own.registry.delete_metric("2", "21")
    assert '"limit":"21 per day: 5/10"' in api.text("GET", "/events/")[1]
    own.registry.delete_service("2")
    assert '"limit":"21 per day: 5/10"' in api.text("GET", "/events/")[1]


def test_events_are_told_from_behind_an_id_on(own: RunningListener, api: InternalClient) -> None:
    """What is no id means all of them."""
    use(own, watched(own, 50, 80), 5)
    for after, told in (("1", [2, 3]), ("3", []), ("0", [1, 2, 3]), ("-5", [1, 2, 3]), ("x", [1, 2, 3]), ("9" * 30, [])):  # fmt: skip
        status, answer = api.get(f"/events/?after_id={after}")
        assert (status, [event["id"] for event in answer["events"]]) == (200, told), after


def test_an_event_is_deleted_by_its_id(own: RunningListener, api: InternalClient) -> None:
    use(own, watched(own))
    missing = (404, {"status": "not_found", "error": "event not found"})
    assert api.delete("/events/1") == (200, {"status": "deleted"})
    assert ids(api) == [2]
    for path in ("1", "3", "0", "-2", "abc", "9" * 30, "2abc"):
        assert api.delete(f"/events/{path}") == missing
    assert ids(api) == [2]


def test_events_are_deleted_up_to_an_id(own: RunningListener, api: InternalClient) -> None:
    """Given in the body or in the query, as a number or as text; whatever is no id deletes none."""
    use(own, watched(own, 50, 80, 90, 100), 10)
    assert ids(api) == [1, 2, 3, 4, 5, 6]
    for given in ({}, *({"upto_id": each} for each in (0, "x", None, [3], -1, -(10**29)))):
        assert api.delete("/events/", given) == (200, {"status": "deleted", "num_events": 0})
    assert api.delete("/events/", {"upto_id": 2}) == (200, {"status": "deleted", "num_events": 2})
    assert api.delete("/events/?upto_id=3") == (200, {"status": "deleted", "num_events": 1})
    assert api.delete("/events/", {"upto_id": "4"}) == (200, {"status": "deleted", "num_events": 1})
    assert ids(api) == [5, 6]
    assert api.delete("/events/", {"upto_id": 10**30})[1]["num_events"] == 2
    assert ids(api) == []


def test_events_and_errors_cannot_be_made_by_callers(
    own: RunningListener, api: InternalClient
) -> None:
    """That is for test mode."""
    unknown = (404, {"status": "not_found", "error": "Not found"})
    assert api.post("/events/", {"events": [{"type": "alert", "object": {}}]}) == unknown
    assert api.post("/services/2/errors/", {"errors": ["x"]}) == unknown
    assert api.get("/events") == unknown


@pytest.mark.parametrize("own_ledger", ["embedded"], indirect=True)
def test_on_a_full_disk_events_are_read_and_cannot_be_deleted(
    own: RunningListener, api: InternalClient
) -> None:
    use(own, watched(own))
    with full_disk(own):
        assert ids(api) == [1, 2]
        status, told = api.delete("/events/1")
        assert (status, told["status"]) == (503, "error")
    assert api.delete("/events/1") == (200, {"status": "deleted"})
    assert ids(api) == [2]
