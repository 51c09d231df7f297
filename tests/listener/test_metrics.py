"""GET /metrics: what it says, to whom, and that no caller can make it grow."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.running_listener import RunningListener

from tallygate.listener.meter import BOUNDS_S, Meter
from tallygate.listener.metrics import MEANINGS, _is_loopback

pytestmark = pytest.mark.service

CODES = "apisonator_listener_response_codes"
TIMES = "apisonator_listener_response_times_seconds"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def own(home: Path) -> Iterator[RunningListener]:
    """A listener of the test's own, since others would count as well."""
    running = RunningListener(home)
    running.service("2", "2", default=True)
    running.start()
    yield running
    running.close()


def scrape(listener: RunningListener) -> Samples:
    """All samples by name and labels; the text must be what Prometheus can read."""
    answer = listener.request("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.body)
        for sample in family.samples
    }


def answered(samples: Samples, request_type: str) -> dict[str, float]:
    """The codes that were answered, and how often."""
    return {
        dict(labels)["resp_code"]: value
        for (name, labels), value in samples.items()
        if name == CODES and ("request_type", request_type) in labels and value
    }


def test_answers_are_counted_by_type_and_code(own: RunningListener) -> None:
    """Under the names, labels and classes that dashboards made for the reference ask for."""
    app = own.application(limits={("hits", "eternity"): 1}, keys=["k"])
    call = f"{app.by_id}&app_key=k&usage[hits]=1"
    for query in (call, call, "", f"{app.by_id}&app_key=k&usage[nope]=1", "a=%zz"):
        own.authrep(query)
    own.authorize(call)
    own.get("oauth_authorize", call)
    own.get("oauth_authrep", call)
    own.report_of(app, {"usage][hits": "1"})
    own.report("")
    samples = scrape(own)
    assert answered(samples, "authrep") == {"2xx": 1, "409": 1, "403": 1, "404": 1, "4xx": 1}
    assert answered(samples, "authorize") == {"409": 1}
    assert answered(samples, "authorize_oauth") == answered(samples, "authrep_oauth") == {"409": 1}
    assert answered(samples, "report") == {"2xx": 1, "403": 1}
    assert answered(samples, "usage") == {}


def test_answers_are_timed(own: RunningListener) -> None:
    """In buckets that add up to the number of answers, the reference's among them."""
    began_s = time.monotonic()
    for _ in range(5):
        own.authrep("")
    took_s = time.monotonic() - began_s
    samples = scrape(own)
    buckets = {
        float(dict(labels)["le"]): value
        for (name, labels), value in samples.items()
        if name == f"{TIMES}_bucket" and ("request_type", "authrep") in labels
    }
    assert {0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, float("inf")} <= buckets.keys()
    assert list(buckets.values()) == sorted(buckets.values())
    labels = (("request_type", "authrep"),)
    assert buckets[float("inf")] == samples[f"{TIMES}_count", labels] == 5
    assert 0 < samples[f"{TIMES}_sum", labels] < took_s


def test_the_ledger_and_the_registry_are_described(own: RunningListener) -> None:
    """Entries and batches grow with what is counted, the revision with what is changed."""
    before = scrape(own)
    app = own.application()
    own.authrep(f"{app.by_id}&usage[hits]=1")
    own.report_of(app, *[{"usage][hits": "1"}] * 3)
    after = scrape(own)
    assert after["tallygate_ledger_entries_total", ()] == 4
    assert after["tallygate_ledger_batches_total", ()] == 2
    assert after["tallygate_ledger_failed_batches_total", ()] == 0
    assert after["tallygate_ledger_sync_seconds_total", ()] > 0
    assert after["tallygate_ledger_resident_applications", ()] == 1
    position = "tallygate_ledger_durable_position_bytes", ()
    assert after[position] > before[position] == 0
    assert 0 <= after["tallygate_ledger_checkpoint_age_seconds", ()] < 30
    revision = "tallygate_registry_revision", ()
    assert after[revision] > before[revision]
    assert after["process_resident_memory_bytes", ()] > 10_000_000


def test_callers_cannot_make_it_grow(own: RunningListener) -> None:
    """No label comes from a request: paths, keys and codes that were never seen add no sample."""
    before = scrape(own).keys()
    for number in range(20):
        own.request("GET", f"/path{number}")
        own.authrep(f"provider_key=pk&app_id=app{number}&log[code]={300 + number}")
        own.request("PURGE", f"/transactions/{number}.xml")
    assert scrape(own).keys() == before


def test_every_metric_has_a_meaning_in_the_manual() -> None:
    """By the name under which it is scraped."""
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    named = set(re.findall(r"^\| `(\w+?)(?:_total)?`", manual, re.M))
    assert set(MEANINGS) <= named


@pytest.mark.parametrize(
    ("client", "is_local"),
    [
        ("127.0.0.1:4000", True),
        ("127.9.9.9:1", True),
        ("[::1]:4000", True),
        ("::1:4000", True),
        ("::ffff:127.0.0.1:4000", True),
        ("10.0.0.1:4000", False),
        ("[2001:db8::1]:4000", False),
        ("::ffff:10.0.0.1:4000", False),
        ("", False),
        ("unix", False),
    ],
)
def test_who_is_local_is_told_by_the_address(client: str, is_local: bool) -> None:
    assert _is_loopback(client) is is_local


@pytest.mark.parametrize(("setting", "status"), [("none", 404), ("any", 200), ("loopback", 200)])
def test_a_setting_says_who_may_read_it(home: Path, setting: str, status: int) -> None:
    """To others it is a page that does not exist."""
    running = RunningListener(home, metrics=setting)
    running.start()
    try:
        assert running.request("GET", "/metrics").status == status
        assert running.request("POST", "/metrics").status == 404
    finally:
        running.close()


def test_a_time_on_a_bound_belongs_to_its_bucket() -> None:
    """`le` means up to and including."""
    meter = Meter()
    for took_s in (0.0, BOUNDS_S[0], BOUNDS_S[0] * 1.01, BOUNDS_S[-1], 2.0):
        meter.count(200, took_s)
    assert (meter.buckets[0], meter.buckets[1], meter.buckets[-2], meter.buckets[-1]) == (
        2,
        1,
        1,
        1,
    )
    assert meter.statuses == {200: 5}
