"""What another control plane provisions holds for the very next call of the Service Management API."""

import itertools
import json
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from support.internal_api import InternalClient
from support.running_listener import RunningListener, away_from_the_end_of_a_minute

pytestmark = pytest.mark.service

NOT_FOUND = '{"status":"not_found","error":'


@pytest.fixture(scope="module")
def provisioned(listener: RunningListener) -> str:
    """A service that the Internal API alone has made: metrics 8 (hits) and 10 (its method), limits, an application."""
    internal = InternalClient(listener)
    for path, given in (
        ("/services/", {"service": {"id": "5001", "provider_key": "own", "backend_version": "1"}}),
        ("/services/5001/metrics/8", {"metric": {"name": "hits"}}),
        ("/services/5001/metrics/10", {"metric": {"name": "calls", "parent_id": "8"}}),
    ):
        assert internal.post(path, given)[0] == 201
    for metric, period, value in (("10", "day", 5), ("8", "minute", 0), ("8", "eternity", 3)):
        given = {"usagelimit": {period: value}}
        path = f"/services/5001/plans/p/usagelimits/{metric}/{period}"
        assert internal.put(path, given)[0] == 200
    internal.delete("/services/5001/plans/p/usagelimits/8/minute")
    given = {"application": {"state": "active", "plan_id": "p", "plan_name": "Gold"}}
    internal.put("/services/5001/applications/app", given)
    internal.put("/services/5001/applications/app/key/uk", {})
    internal.post("/service_tokens/", {"service_tokens": {"token": {"service_id": "5001"}}})
    return "service_token=token&service_id=5001&user_key=uk"


def test_a_service_of_the_registry_alone_is_authorized_counted_and_limited(
    listener: RunningListener, internal: InternalClient, provisioned: str
) -> None:
    """Nothing of it is in the catalog; the utilization is what was counted, in the order of the limits."""
    away_from_the_end_of_a_minute()
    statuses = [listener.authrep(f"{provisioned}&usage[calls]=1").status for _ in range(4)]
    assert statuses == [200, 200, 200, 409]
    assert internal.text("GET", "/services/5001/applications/app/utilization/") == (
        200,
        '{"status":"found","utilization":['
        '{"period":"eternity","metric_name":"hits","max_value":3,"current_value":3},'
        '{"period":"day","metric_name":"calls","max_value":5,"current_value":3}]}',
    )


def test_utilization_of_what_does_not_exist_is_not_found(
    internal: InternalClient, provisioned: str
) -> None:
    assert internal.text("GET", "/services/5999/applications/app/utilization/") == (
        404,
        f'{NOT_FOUND}"service not found"}}',
    )
    assert internal.text("GET", "/services/5001/applications/nobody/utilization/") == (
        404,
        f'{NOT_FOUND}"application not found"}}',
    )


def test_without_limits_there_is_no_utilization(internal: InternalClient, provisioned: str) -> None:
    internal.put("/services/5001/applications/free", {"application": {"state": "active"}})
    told = internal.text("GET", "/services/5001/applications/free/utilization/")
    assert told == (200, '{"status":"found","utilization":[]}')


def test_every_change_holds_for_the_very_next_call(
    listener: RunningListener, internal: InternalClient
) -> None:
    """Nothing is remembered of what was before."""
    internal.post("/services/", {"service": {"id": "5010", "provider_key": "own2"}})
    base = "/services/5010"
    query = "provider_key=own2&service_id=5010&app_id=a"

    def reason(more: str = "") -> str:
        answer = listener.authorize(query + more)
        return answer.reason or ("" if answer.status == 200 else answer.body)

    assert "was not found" in reason()
    internal.put(f"{base}/applications/a", {"application": {"state": "active", "plan_id": "p"}})
    assert reason() == ""
    internal.put(f"{base}/applications/a", {"application": {"state": "suspended"}})
    assert reason() == "application is not active"
    internal.put(f"{base}/applications/a", {"application": {"state": "active"}})
    internal.put(base, {"service": {"state": "suspended"}})
    assert reason() == "service is not active"
    internal.put(base, {"service": {"state": "active", "referrer_filters_required": True}})
    internal.post(f"{base}/applications/a/referrer_filters", {"referrer_filter": "x.org"})
    assert reason() == "referrer is missing"
    internal.delete(f"{base}/applications/a/referrer_filters/x.org")
    assert reason() == ""
    internal.post(f"{base}/applications/a/keys/", {"application_key": {"value": "k"}})
    assert reason() == "application key is missing"
    assert reason("&app_key=k") == ""
    internal.delete(f"{base}/applications/a/keys/k")
    assert reason() == ""
    assert 'metric "hits" is invalid' in reason("&usage[hits]=1")
    internal.put(f"{base}/metrics/1", {"metric": {"name": "hits"}})
    assert reason("&usage[hits]=1") == ""
    internal.put(f"{base}/plans/p/usagelimits/1/day", {"usagelimit": {"day": 0}})
    assert reason("&usage[hits]=1") == "usage limits are exceeded"
    internal.delete(f"{base}/plans/p/usagelimits/1/day")
    assert reason("&usage[hits]=1") == ""
    internal.put(f"{base}/metrics/1", {"metric": {"name": "requests"}})
    assert 'metric "hits" is invalid' in reason("&usage[hits]=1")
    assert reason("&usage[requests]=1") == ""
    internal.delete(f"{base}/metrics/1")
    assert 'metric "requests" is invalid' in reason("&usage[requests]=1")
    internal.delete(f"{base}/applications/a")
    assert "was not found" in reason()
    internal.delete(base)
    assert 'service id "5010" is invalid' in reason()


def test_what_was_answered_is_kept_when_the_process_is_killed(
    tmp_path: Path,
) -> None:
    own = RunningListener(tmp_path / "killed")
    own.start()
    try:
        internal = InternalClient(own)
        internal.post("/services/", {"service": {"id": "1", "provider_key": "p"}})
        assert internal.put("/services/1/metrics/1", {"metric": {"name": "hits"}})[0] == 200
        own.process.kill()
        own.start()
        assert internal.get("/services/1/metrics/1")[0] == 200
        assert own.process.stop() == 0
    finally:
        own.close()


def test_parallel_changes_are_made_one_after_the_other(internal: InternalClient) -> None:
    """Of many who make themselves the default, one is it in the end."""
    names = [str(number) for number in range(5100, 5120)]

    def create(service_id: str) -> None:
        given = {"id": service_id, "provider_key": "crowd", "default_service": True}
        assert internal.post("/services/", {"service": given})[0] == 201

    threads = [threading.Thread(target=create, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    defaults = [internal.get(f"/services/{name}")[1]["service"]["default_service"] for name in names]  # fmt: skip
    assert defaults.count(True) == 1


@pytest.mark.parametrize("listener", ["embedded"], indirect=True)
def test_calls_are_answered_while_a_change_waits_for_the_database(
    listener: RunningListener, internal: InternalClient
) -> None:
    """Another process may hold the database for long: only those who change the registry wait."""
    app = listener.application()
    other = sqlite3.connect(listener.home / "tallygate.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told: list[int] = []
    given = {"metric": {"name": "hits"}}
    waiting = threading.Thread(
        target=lambda: told.append(internal.put("/services/5200/metrics/1", given)[0])
    )
    waiting.start()
    longest_s = 0.0
    give_up_at = time.monotonic() + 1
    for _ in itertools.takewhile(lambda _: time.monotonic() < give_up_at, itertools.count()):
        began_at = time.monotonic()
        assert listener.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        longest_s = max(longest_s, time.monotonic() - began_at)
    assert (told, longest_s < 0.8) == ([], True)
    other.execute("ROLLBACK")
    other.close()
    waiting.join()
    assert told == [200]


@pytest.mark.parametrize("listener", ["embedded"], indirect=True)
def test_a_database_that_stays_busy_is_told_and_nothing_is_changed(
    listener: RunningListener, internal: InternalClient
) -> None:
    other = sqlite3.connect(listener.home / "tallygate.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    body = json.dumps({"metric": {"name": "hits"}}).encode()
    answer = internal.raw("PUT", "/services/5201/metrics/1", body)
    other.execute("ROLLBACK")
    other.close()
    assert (answer.status, "try again later" in answer.body) == (503, True)
    assert internal.get("/services/5201/metrics/1")[0] == 404
