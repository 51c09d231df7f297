"""What is coming: the busiest day, limits that will be reached, and days that were not as expected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from tallygate.catalog.models import Application, Limit, Metric
from tallygate.console.wording import count, counted, percent, plural
from tallygate.domain import calendar, limits
from tallygate.domain.calendar import Granularity, Window, find_zone
from tallygate.history import Question, Ranking, Snapshot, metric_series
from tallygate.reports.about import About

if TYPE_CHECKING:
    from tallygate.forecast import Forecast

KNOWN_DAYS = 182
AHEAD_DAYS = 30
NEAR = 50
"""Percent of a limit from which on it is looked at."""
MOST = 5
LOOKED_AT = 200
LONGEST_AHEAD_DAYS = 92
"""A forecast says little of what is further ahead."""

_PERIODS = tuple(name for name in limits.PERIOD_BY_NAME if name not in ("minute", "hour"))
"""Shorter ones are over before the report is read."""


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A limit that is nearly used up, or will be.

    Attributes:
        reached_at: When it is expected to be; None: not within its period, or not foreseen.
    """

    application: str
    account: str
    text: str
    percent: float
    reached_at: datetime | None


class _Used(NamedTuple):
    """How much of a limit an application has used in the running period."""

    application: Application
    metric: Metric
    period: str
    window: Window
    used: int
    maximum: int


@dataclass(frozen=True)
class Days:
    """The days up to the end of a report's period.

    Attributes:
        window: Whole days in the report's zone.
    """

    window: Window
    values: tuple[int, ...]


def days(snapshot: Snapshot, about: About) -> Days:
    """Raises HistoryUnavailable."""
    window = calendar.last(about.window.zone, about.window.last_s, KNOWN_DAYS, Granularity.DAY)
    answer = snapshot.ask(Question(about.hits, window, tuple(about.products), split=()))
    return Days(window, answer.lines[0].values)


def sentences(about: About, known: Days) -> list[str]:
    """The forecast in words; nothing where too little is known."""
    return [*_peak(about, known), *_surprises(about, known)]


def _peak(about: About, known: Days) -> Iterator[str]:
    found = _by_day(known.values, AHEAD_DAYS)
    if found is None or not found.values[found.peak]:
        return
    day = _later(known.window, found.peak)
    yield (
        f"The busiest of the next {AHEAD_DAYS} days will be about {day:%A}, {day.day} {day:%b}:"
        f" {_expected(found, found.peak)}."
    )


def _by_day(values: Sequence[int], ahead: int) -> "Forecast | None":
    from tallygate.forecast import (  # numbers' library: only who forecasts pays for it
        DAILY,
        forecast,
    )

    return forecast(values, ahead, DAILY)


def _expected(found: "Forecast", index: int) -> str:
    value, lower, upper = (round(each[index]) for each in (found.values, found.lower, found.upper))
    return f"{counted(value, 'hit')} (between {count(lower)} and {count(upper)})"


def _later(window: Window, index: int) -> datetime:
    """The day so many days after the window's last."""
    at_s = window.edges_s[-1]
    for _ in range(index):
        at_s = calendar.next_s(window.zone, Granularity.DAY, at_s)
    return window.zone.local(at_s)


def _surprises(about: About, known: Days) -> Iterator[str]:
    """Days of the period that lie outside of what was to be expected the day before it began."""
    number = sum(1 for start_s in known.window.starts_s if start_s >= about.window.since_s)
    found = _by_day(known.values[:-number], number)
    if found is None:
        return
    came = known.values[-number:]
    odd = [
        index for index, value in enumerate(came) if not found.lower[index] <= value <= found.upper[index]
    ]  # fmt: skip
    if not odd:
        return
    worst = max(odd, key=lambda index: abs(came[index] - found.values[index]))
    day = known.window.zone.local(known.window.starts_s[-number + worst])
    more = f" {counted(len(odd) - 1, 'other day')} were unusual, too." if len(odd) > 1 else ""
    yield (
        f"{day:%A}, {day.day} {day:%b}, was unusual: {counted(came[worst], 'hit')},"
        f" where between {count(round(found.lower[worst]))} and {count(round(found.upper[worst]))} were expected.{more}"
    )


def near_limits(snapshot: Snapshot, about: About, now_s: int) -> list[NearLimit]:
    """Limits on hits that are used by half or more in their running period, the fullest first, and when they will be reached.

    Raises:
        HistoryUnavailable: The history cannot answer now.
    """
    found: list[_Used] = []
    by_period: dict[tuple[int, str], list[Limit]] = {}
    rows = Limit.objects.filter(
        plan__product__in=[each.pk for each in about.products.values()],
        metric__system_name="hits", metric__parent=None, metric__product__isnull=False,
        value__gt=0, period__in=_PERIODS,
    ).select_related("metric", "plan")  # fmt: skip
    for row in rows:
        by_period.setdefault((row.metric.product_id, row.period), []).append(row)
    for (product_id, period), own in by_period.items():
        found += _used(snapshot, str(product_id), period, own, now_s)
    found.sort(key=lambda each: (-each.used / each.maximum, each.application.pk))
    return [_near(snapshot, each, now_s) for each in found[:MOST]]


def _used(
    snapshot: Snapshot, service: str, period: str, own: list[Limit], now_s: int
) -> Iterator[_Used]:
    metric: Metric = own[0].metric
    values = {each.plan_id: each.value for each in own}
    window = calendar.running(period, now_s)
    question = Question((metric_series(str(metric.pk)),), window, service, split=("application",))
    least = max(min(values.values()) * NEAR // 100, 1)
    used = {
        each.names[0]: each.total
        for each in snapshot.rank(Ranking(question, most=LOOKED_AT, least=least))
    }
    records = Application.objects.filter(product=int(service), application_id__in=used)
    for record in records.select_related("account"):
        maximum = values.get(record.plan_id)
        total = used[record.application_id]
        if maximum and total * 100 >= maximum * NEAR:
            yield _Used(record, metric, period, window, total, maximum)


def _near(snapshot: Snapshot, each: _Used, now_s: int) -> NearLimit:
    record, metric = each.application, each.metric
    text = f"{count(each.maximum)} {plural(metric.unit)} per {each.period}"
    when = None if each.used >= each.maximum else _reached(snapshot, each, now_s)
    share = each.used / each.maximum * 100
    return NearLimit(record.name, record.account.org_name, text, share, when)


def _reached(snapshot: Snapshot, each: _Used, now_s: int) -> datetime | None:
    """The day on which what is left will be used up, if that is before the period ends."""
    zone, record = find_zone("UTC"), each.application
    known = calendar.last(zone, now_s - 86_400, KNOWN_DAYS, Granularity.DAY)
    series = (metric_series(str(each.metric.pk)),)
    question = Question(series, known, str(record.product_id), record.application_id, split=())
    ahead = min((each.window.edges_s[-1] - now_s) // 86_400 + 1, LONGEST_AHEAD_DAYS)
    found = _by_day(snapshot.ask(question).lines[0].values, ahead)
    left = float(each.maximum - each.used)
    for index, value in enumerate(found.values if found else ()):
        left -= value
        if left <= 0:
            return zone.local(now_s + index * 86_400)
    return None


def when_text(near: NearLimit) -> str:
    """When it will be reached, or that it is."""
    if near.percent >= 100:
        return "reached"
    if near.reached_at is None:
        return "not in this period"
    return f"about {near.reached_at.day} {near.reached_at:%b}"


def share_text(near: NearLimit) -> str:
    """'81%'."""
    return percent(near.percent)
