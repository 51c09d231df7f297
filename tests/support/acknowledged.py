"""Calls that remember what was acknowledged, to be compared with what was counted."""

import http.client
import json
import random
import sqlite3
import threading
import time
import uuid
from collections.abc import Sequence
from urllib.parse import urlencode
from xml.etree import ElementTree

from support.installation import Installation, get

CATALOG = """
product = Product.objects.get()
hits = product.metrics.get(system_name="hits")
plan = ApplicationPlan.objects.get()
for name in ("once", "retried"):
    method = Metric.objects.create(product=product, parent=hits, friendly_name=name, system_name=name)
    Limit.objects.create(plan=plan, metric=method, period="eternity", value=10**15)
"""


class Worker(threading.Thread):
    """Calls without pause until told to stop.

    `once` is called and, when the answer is lost, never again: then it may or may not have been counted.
    `retried` carries an id and is called until it is acknowledged: then it has been counted, once.

    Attributes:
        acknowledged: By method, how often the answer was a success.
        unknown: How many calls of `once` were not answered, or with 503.
    """

    def __init__(self, installation: Installation, application: str) -> None:
        super().__init__(daemon=True)
        self._installation = installation
        self._application = application
        self._connection: http.client.HTTPConnection | None = None
        self._pause = threading.Event()
        self._idle = threading.Event()
        self._ended = False
        self.acknowledged = {"once": 0, "retried": 0}
        self.unknown = 0

    def run(self) -> None:
        while not self._ended:
            if self._pause.is_set():
                self._idle.set()
                time.sleep(0.002)
                continue
            if random.random() < 0.7:
                self._once()
            else:
                self._retried()

    def pause(self) -> None:
        """Returns when no call is under way."""
        self._idle.clear()
        self._pause.set()
        assert self._idle.wait(60), "a call does not end"

    def resume(self) -> None:
        self._pause.clear()

    def end(self) -> None:
        self._ended = True
        self._pause.clear()
        self.join(60)
        self._hang_up()

    def _once(self) -> None:
        query = urlencode({**self._installation.credentials(), "usage[once]": 1, "log[code]": 200})
        status = self._call("GET", f"/transactions/authrep.xml?{query}", None)
        if status == 200:
            self.acknowledged["once"] += 1
        else:
            assert status in (None, 503), status
            self.unknown += 1

    def _retried(self) -> None:
        hit = {
            "application": self._application,
            "time_ms": int(time.time() * 1000),
            "usage": {"retried": 1},
            "id": uuid.uuid4().hex,
        }
        product = self._installation.ids["product"]["id"]
        path = f"/internal/services/{product}/backfill"
        while True:
            status = self._call("POST", path, json.dumps(hit))
            if status == 200:
                self.acknowledged["retried"] += 1
                return
            assert status in (None, 503), status
            time.sleep(0.005)

    def _call(self, method: str, path: str, body: str | None) -> int | None:
        """The status, or None when no answer came."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._installation.listener.port, timeout=20
                )
            headers = {"Authorization": f"Bearer {self._installation.internal_token}"}
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return None

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def application_id(installation: Installation) -> str:
    """The protocol's id of the first application."""
    with sqlite3.connect(installation.home / "tallygate.db") as connection:
        return str(connection.execute("SELECT id FROM registry_application").fetchone()[0])


def in_ledger(installation: Installation) -> dict[str, int]:
    """The current values that an authorize call shows."""
    query = urlencode(installation.credentials())
    status, body = get(installation.listener.port, f"/transactions/authorize.xml?{query}")
    assert status == 200, body
    return {
        report.attrib["metric"]: int(report.findtext("current_value") or 0)
        for report in ElementTree.fromstring(body).iter("usage_report")
    }


class Comparison:
    """Compares, again and again, what the workers were told with what ledger and history hold."""

    def __init__(self, installation: Installation, workers: Sequence[Worker]) -> None:
        self._installation = installation
        self._workers = workers
        self.counted = self._acknowledged = self._unknown = 0

    def check(self, context: str) -> None:
        """While no worker calls."""
        ledger = in_ledger(self._installation)
        workers = self._workers
        acknowledged = {
            name: sum(worker.acknowledged[name] for worker in workers) for name in ledger
        }
        assert acknowledged["retried"] == ledger["retried"], context
        unknown = sum(worker.unknown for worker in workers)
        more = ledger["once"] - self.counted
        certain = acknowledged["once"] - self._acknowledged
        assert certain <= more <= certain + unknown - self._unknown, context
        self.counted, self._acknowledged = ledger["once"], acknowledged["once"]
        self._unknown = unknown
        for name in ("once", "retried"):
            assert ledger[name] == self._installation.total(name), context
        assert sum(ledger.values()) == self._installation.total("hits"), context
