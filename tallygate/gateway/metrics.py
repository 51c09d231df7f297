"""What the gateway tells Prometheus."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tallygate.client.figures import Figures

_NAMESPACE: Final = "tallygate_gateway"

OUTCOMES: Final = (
    "passed", "auth_missing", "auth_failed", "limits_exceeded", "no_match", "no_upstream", "away",
    "unknown_host", "bad_request",
)  # fmt: skip

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # fmt: skip


class _Reports(Collector):
    """Reads what became of reports when it is asked."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        reports = CounterMetricFamily(
            "tallygate_gateway_reports",
            "Reports by what became of them; lost_CODE: refused by the listener.",
            labels=["state"],
        )
        for state in ("spooled", "sent", "duplicates", "dropped"):
            reports.add_metric([state], getattr(figures, state))
        for code, number in sorted(figures.lost.items()):
            reports.add_metric([f"lost_{code}"], number)
        yield reports
        yield GaugeMetricFamily(
            "tallygate_gateway_report_failures",
            "How often sending reports failed since it last succeeded.",
            value=figures.failures,
        )


class Metrics:
    """Attributes:
    calls: By product and outcome, one of OUTCOMES.
    upstream_seconds: How long upstreams took until their answers began, by product.
    upstream_failures: By product and kind.
    products: How many are served.
    configuration_failures: How often a configuration could not be had, or not be carried out.
    configuration_time: When the configuration was last seen to be the newest, UTC seconds.
    """

    def __init__(self, figures: Figures) -> None:
        self._registry = CollectorRegistry()
        counter = partial(Counter, namespace=_NAMESPACE, registry=self._registry)
        gauge = partial(Gauge, namespace=_NAMESPACE, registry=self._registry)
        histogram = partial(
            Histogram, namespace=_NAMESPACE, registry=self._registry, buckets=_SECONDS
        )
        self.calls = counter(
            "calls",
            "Calls by what became of them.",
            ["product", "outcome"],
        )
        self.responses = counter(
            "responses",
            "Answers of upstreams by status.",
            ["product", "status"],
        )
        self.upstream_seconds = histogram(
            "upstream_seconds", "How long upstreams took until their answers began.", ["product"],
        )  # fmt: skip
        self.deciding_seconds = histogram(
            "deciding_seconds", "How long it took to decide whether calls may pass.", ["product"],
        )  # fmt: skip
        self.upstream_failures = counter(
            "upstream_failures", "Calls without an answer from the upstream.", ["product", "kind"],
        )  # fmt: skip
        self.products = gauge(
            "products",
            "Products that are served.",
        )
        self.configuration_failures = counter(
            "configuration_failures",
            "How often a configuration could not be had, or not be carried out.",
        )
        self.configuration_time = gauge(
            "configuration_time_seconds",
            "When the configuration was last looked up.",
        )
        self._registry.register(_Reports(figures))

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)
