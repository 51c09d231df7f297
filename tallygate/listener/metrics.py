"""GET /metrics: how the listener is doing, in Prometheus' text format. Labels are few and fixed: none comes from a caller."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv6Address, ip_address
from itertools import accumulate
from typing import Any, Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from tallygate import __version__
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.ledger.contract import Ledger
from tallygate.listener.answers import send_empty
from tallygate.listener.meter import BOUNDS_S, Meter
from tallygate.listener.worker_figures import WorkerFigures
from tallygate.process import worker_name
from tallygate.registry.contract import Registry
from tallygate.settings import Settings

HEADERS: Final = [("content-type", "text/plain; version=0.0.4; charset=utf-8")]

MEANINGS: Final = {
    "apisonator_listener_response_codes": "Answers by type of request and status.",
    "apisonator_listener_response_times_seconds": "Time from request to answer.",
    "tallygate_info": "Always 1; the version is in the label.",
    "tallygate_integration_errors": "Integration errors that came in.",
    "tallygate_integration_errors_lost": "Of these, not kept: too many at once, or a full disk.",
    "tallygate_ledger_batches": "Batches made durable, each with one sync.",
    "tallygate_ledger_call_seconds": "Time spent waiting for Redis.",
    "tallygate_ledger_calls": "Calls of Redis' scripts.",
    "tallygate_ledger_checkpoint_age_seconds": "Since the state on disk held all that was counted.",
    "tallygate_ledger_checkpoint_position_bytes": "From where the log would be replayed.",
    "tallygate_ledger_durable_position_bytes": "Up to where the log is written and synced.",
    "tallygate_ledger_entries": "Entries made durable.",
    "tallygate_ledger_failed_batches": "Batches taken back: the disk did not take them.",
    "tallygate_ledger_failed_calls": "Of these, not answered: Redis was away.",
    "tallygate_ledger_resident_applications": "Applications whose counters are in memory.",
    "tallygate_ledger_sync_seconds": "Time spent in writing and syncing batches.",
    "tallygate_ledger_waiting_calls": "Calls that wait for Redis now.",
    "tallygate_ledger_waiting_entries": "Entries that are counted and not yet being written.",
    "tallygate_registry_revision": "The last change of the registry that was seen.",
}
_CODES: Final = ("2xx", "403", "404", "409", "4xx", "5xx")


class Metrics:
    """The endpoint."""

    def __init__(
        self,
        meters: Mapping[str, Meter],
        ledger: Ledger,
        registry: Registry,
        errors: ErrorRecorder,
        settings: Settings,
    ) -> None:
        """`meters` by type of request."""
        self._meters = meters
        self._ledger = ledger
        self._registry = registry
        self._errors = errors
        self._access = settings.metrics
        self._process = ProcessCollector(registry=None)
        name = worker_name()
        self._workers = WorkerFigures(settings.run, name, self._families) if name else None

    def start(self) -> None:
        """Lets the other processes that share the address know of this one from now on."""
        if self._workers is not None:
            self._workers.start()

    def close(self) -> None:
        if self._workers is not None:
            self._workers.close()

    async def answer(self, scope: Any, protocol: Any) -> None:
        """To whom it is open; everybody else is told that there is no such page."""
        if self._access == "any" or (self._access == "loopback" and _is_loopback(scope.client)):
            protocol.response_bytes(200, HEADERS, await self._text())
        else:
            send_empty(protocol, 404)

    async def _text(self) -> bytes:
        """In parts, so that no call waits for all of it."""
        parts = []
        of_all = self._workers.of_all if self._workers is not None else self._families
        for family in of_all():
            parts.append(generate_latest(_Only(family)))
            await asyncio.sleep(0)
        return b"".join(parts)

    def _families(self) -> Iterator[Metric]:
        yield _response_codes(self._meters)
        yield _response_times(self._meters)
        yield from self._of_ledger()
        yield _gauge("tallygate_registry_revision", self._registry.revision)
        yield _counter("tallygate_integration_errors", self._errors.recorded)
        yield _counter("tallygate_integration_errors_lost", self._errors.lost)
        yield _gauge("tallygate_info", 1, version=__version__)
        yield from self._process.collect()

    def _of_ledger(self) -> Iterator[Metric]:
        for figure in self._ledger.figures():
            make = _counter if figure.counts_up else _gauge
            yield make(f"tallygate_ledger_{figure.name}", figure.value)


class _Only(Collector):
    """What `generate_latest` asks for its one family."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        return (self._family,)


def _is_loopback(client: str) -> bool:
    """Whether an address with a port is of this machine."""
    try:
        address = ip_address(client.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _counter(name: str, value: float) -> Metric:
    """The name gets `_total` behind it."""
    return CounterMetricFamily(name, MEANINGS[name], value=value)


def _gauge(name: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, MEANINGS[name], labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _response_codes(meters: Mapping[str, Meter]) -> Metric:
    """A counter in all but its type, which would put `_total` behind the name."""
    name = "apisonator_listener_response_codes"
    family = Metric(name, MEANINGS[name], "unknown")
    for request_type, meter in meters.items():
        counts = dict.fromkeys(_CODES, 0)
        for status, number in meter.statuses.items():
            counts[_code(status)] += number
        for code, number in counts.items():
            labels = {"request_type": request_type, "resp_code": code}
            family.add_sample(name, labels, number)
    return family


def _code(status: int) -> str:
    return str(status) if str(status) in _CODES else f"{status // 100}xx"


def _response_times(meters: Mapping[str, Meter]) -> Metric:
    name = "apisonator_listener_response_times_seconds"
    family = HistogramMetricFamily(name, MEANINGS[name], labels=["request_type"])
    bounds = (*map(str, BOUNDS_S), "+Inf")
    for request_type, meter in meters.items():
        reached = list(zip(bounds, accumulate(meter.buckets), strict=True))
        family.add_metric([request_type], reached, meter.total_s)
    return family
