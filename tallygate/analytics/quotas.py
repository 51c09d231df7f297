"""How much of its limits each application has used, and when, going on like this, it will have used all.

Periods are those of the limits: of the UTC calendar. What is used comes from the history, with all in it that was
acknowledged before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tallygate.catalog.models import Application, Limit, Metric
from tallygate.domain.calendar import Granularity, Window, find_zone, last, running
from tallygate.history import Consumer, Question, Snapshot, metric_series
from tallygate.registry.records import PERIODS

_DAYS_OF_ETERNITY = 30
"""A limit for ever has no beginning to measure a pace from: that of the last 30 days is taken."""
_END_OF_TIME_S = 200_000_000_000
"""Calendars end; what is later is never."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit of an application's plan, as it stands.

    Attributes:
        period: Of `registry.records.PERIODS`.
        since_s: When the period began; 0 for eternity.
        end_s: When it ends; None for eternity.
        exhausted_s: When all of it will be used, at the pace so far (eternity: of the last 30 days); None if not
            before the period ends, or if it is used already.
        id: Of the limit.
    """

    application: Application
    metric: Metric
    period: str
    maximum: int
    used: int
    since_s: int
    end_s: int | None
    exhausted_s: int | None
    id: int

    @property
    def remaining(self) -> int:
        return max(self.maximum - self.used, 0)

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing of it remains."""
        return self.used >= self.maximum

    @property
    def percent(self) -> float:
        """Of a limit of nothing, any use is all of it."""
        if not self.maximum:
            return 100.0 * (self.used > 0)
        return self.used / self.maximum * 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which quotas are asked for.

    Attributes:
        metrics: System names; a backend's with their suffix. Empty: all.
        periods: Empty: all.
        at_least_percent: Only those of which so much is used.
    """

    metrics: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    at_least_percent: int = 0

    def has(self, quota: Quota) -> bool:
        """Whether it is asked for."""
        return (
            (not self.metrics or quota.metric.system_name in self.metrics)
            and (not self.periods or quota.period in self.periods)
            and quota.percent >= self.at_least_percent
        )


class _Period(NamedTuple):
    """A period as it stands: when it began and ends, and what was used of each series by each application."""

    since_s: int
    end_s: int | None
    used: dict[tuple[Consumer, str], int]
    paces: dict[tuple[Consumer, str], float]


def quotas(now: Snapshot, applications: Sequence[Application]) -> Iterator[Quota]:
    """All limits of these applications, in the order of the applications, then of the limits.

    Args:
        applications: With their plans and products.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    limits = _limits(applications)
    periods: dict[str, _Period] = {}
    for name in PERIODS:
        of_period = [one for some in limits.values() for one in some if one.period == name]
        if of_period:
            periods[name] = _period(now, name, of_period, applications)
    for application in applications:
        for limit in limits.get(application.plan.pk, ()):
            yield _quota(application, limit, periods[limit.period], now.complete_until_s)


def _limits(applications: Iterable[Application]) -> dict[int, list[Limit]]:
    """By plan."""
    found: dict[int, list[Limit]] = {}
    plans = {each.plan.pk for each in applications}
    for limit in (
        Limit.objects.filter(plan__in=plans).select_related("metric", "plan").order_by("pk")
    ):
        found.setdefault(limit.plan.pk, []).append(limit)
    return found


def _period(
    now: Snapshot, name: str, limits: Iterable[Limit], applications: Iterable[Application]
) -> _Period:
    now_s = now.complete_until_s
    series = tuple(dict.fromkeys(metric_series(str(each.metric.pk)) for each in limits))
    among = tuple(_consumer(each) for each in applications)
    current = running(name, now_s)
    used = _used(now, series, among, current)
    if name == "eternity":
        recent = last(find_zone("UTC"), now_s, _DAYS_OF_ETERNITY, Granularity.DAY)
        span_s = now_s + 1 - recent.since_s
        paces = {k: value / span_s for k, value in _used(now, series, among, recent).items()}
        return _Period(0, None, used, paces)
    elapsed_s = max(now_s - current.since_s, 1)
    paces = {key: value / elapsed_s for key, value in used.items()}
    return _Period(current.since_s, current.edges_s[-1], used, paces)


def _used(
    now: Snapshot, series: tuple[str, ...], among: tuple[Consumer, ...], current: Window
) -> dict[tuple[Consumer, str], int]:
    question = Question(series, current, among=among, split=("series", "product", "application"))
    return {
        (Consumer(each.product or "", each.application or ""), each.series or ""): each.total
        for each in now.ask(question).lines
    }


def _quota(application: Application, limit: Limit, period: _Period, now_s: int) -> Quota:
    key = (_consumer(application), metric_series(str(limit.metric.pk)))
    used, pace, maximum = period.used.get(key, 0), period.paces.get(key, 0.0), limit.value
    exhausted_s = None
    if used < maximum and pace > 0:
        exhausted_s = now_s + int((maximum - used) / pace)
        if exhausted_s >= (period.end_s or _END_OF_TIME_S):
            exhausted_s = None
    return Quota(
        application, limit.metric, limit.period, maximum, used,
        period.since_s, period.end_s, exhausted_s, limit.pk,
    )  # fmt: skip


def _consumer(application: Application) -> Consumer:
    return Consumer(application.product.service_id, application.application_id)
