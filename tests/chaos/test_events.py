"""kill -9 of the listener at random moments under load: each event is there afterwards, once."""

import contextlib
import http.client
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.internal_api import InternalClient
from support.running_listener import RunningListener

from tallygate.registry.records import AlertLimit

ROUNDS = 12
LEVELS = [50, 100]

pytestmark = [pytest.mark.chaos, pytest.mark.service]


@pytest.fixture
def own(home: Path) -> Iterator[RunningListener]:
    running = RunningListener(home, checkpoint_s="1")
    running.service("2", "2")
    for level in LEVELS:
        running.registry.put_alert_limit(AlertLimit("2", level))
    yield running
    running.close()


class Caller(threading.Thread):
    """Uses up two hits of one new application after the other, until the listener dies under it."""

    def __init__(self, own: RunningListener, name: str) -> None:
        super().__init__()
        self._own = own
        limits = {("hits", "eternity"): 2}
        self._applications = [
            own.application(limits=limits, application_id=f"{name}-{number}")
            for number in range(400)
        ]
        self.acknowledged: Counter[str] = Counter()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._own.port, timeout=20)
        with (
            contextlib.closing(connection),
            contextlib.suppress(OSError, http.client.HTTPException),
        ):
            for application in self._applications:
                for _ in range(2):
                    path = f"/transactions/authrep.xml?{application.by_id}&usage[hits]=1"
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    answer.read()
                    assert answer.status == 200
                    self.acknowledged[application.id] += 1


def test_after_any_death_each_event_is_there_once(own: RunningListener) -> None:
    """Of whatever was acknowledged all events are there, and of nothing twice."""
    acknowledged: Counter[str] = Counter()
    for number in range(ROUNDS):
        callers = [Caller(own, f"{number}-{name}") for name in "abc"]
        own.start()
        for caller in callers:
            caller.start()
        time.sleep(random.uniform(0.05, 0.9))
        own.process.kill()
        for caller in callers:
            caller.join()
            acknowledged += caller.acknowledged
    own.start()
    _, told = InternalClient(own).get("/events/")
    found = Counter(
        (event["object"]["application_id"], event["type"], event["object"].get("utilization"))
        for event in told["events"]
    )
    assert set(found.values()) == {1}
    for application, hits in acknowledged.items():
        assert (application, "first_traffic", None) in found
        assert (application, "first_daily_traffic", None) in found
        for level in LEVELS[:hits]:
            assert (application, "alert", level) in found
    assert len(acknowledged) > ROUNDS
