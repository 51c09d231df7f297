"""How much an application has used of each of its limits, and whether the rest lasts until the period ends.

Periods are those of the limits: of the UTC calendar. So the page has no time frame to choose, and no other zone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from tallygate.analytics.quotas import Quota, quotas
from tallygate.api.v1.tables import Column as FileColumn
from tallygate.console.analytics import buckets, colours
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.kind import Kind
from tallygate.console.analytics.report import (
    Cell,
    Column,
    Curve,
    Reason,
    Report,
    Sheet,
    Table,
    Tile,
    Value,
    shown,
)
from tallygate.console.analytics.time_frame import CUSTOM, TimeFrame
from tallygate.console.curl import Api, Command
from tallygate.console.wording import count, instant, percent, plural
from tallygate.domain import calendar
from tallygate.domain.calendar import Granularity, Window, find_zone
from tallygate.domain.errors import QuestionError
from tallygate.history import Snapshot, metric_series
from tallygate.web import runtime

_STEPS = {
    "minute": Granularity.MINUTE, "hour": Granularity.MINUTE, "day": Granularity.HOUR,
    "week": Granularity.SIX_HOURS, "month": Granularity.DAY, "year": Granularity.MONTH,
}  # fmt: skip
"""Period -> by what its burn-down is drawn."""
_DAYS_OF_ETERNITY = 30
_COLUMNS = (
    Column("Limit"), Column("Maximum", number=True), Column("Used", number=True), Column("Percent", number=True),
    Column("Used as a bar", wide=True, hidden=True), Column("Remaining", number=True),
    Column("Starts anew", wide=True), Column("At this pace used up"),
)  # fmt: skip
_FILE = (
    FileColumn("metric"), FileColumn("metric_name"), FileColumn("period"), FileColumn("maximum", "whole"),
    FileColumn("used", "whole"), FileColumn("remaining", "whole"), FileColumn("percent", "number"),
    FileColumn("since", "time"), FileColumn("until", "time"), FileColumn("projected_exhaustion", "time"),
)  # fmt: skip
_UTC = find_zone("UTC")


def build(asked: Asked) -> Report:
    """All limits, and the burn-down of one: that which is named by `limit`, else the most used."""
    application = asked.subject.records["application"]
    with runtime.history().snapshot() as now:
        found = sorted(quotas(now, [application]), key=lambda quota: -quota.percent)
        chosen = _chosen(asked, found)
        if chosen is None:
            return _without_limits(asked, now)
        report = _burn_down(asked, chosen, now)
    report.tiles = list(_tiles(chosen, now.complete_until_s))
    report.tables = [_table(asked, found, chosen)]
    report.sheets["limits"] = Sheet("limits", _FILE, lambda: map(_row_of_file, found))
    report.choices = [(str(each.id), _name(each), each is chosen) for each in found]
    return report


def calls(asked: Asked, api: Api) -> Sequence[Command]:
    """The same limits."""
    given = {"application": str(asked.subject.pk)}
    return [api.report("Read the limits and what is used", "quotas", given)]


LIMITS = Kind("limits", "Limits", build, calls, names=("limit",), timeless=True)


def _chosen(asked: Asked, found: Sequence[Quota]) -> Quota | None:
    text = asked.text("limit")
    if not text:
        return next(iter(found), None)
    for quota in found:
        if str(quota.id) == text:
            return quota
    raise QuestionError(f"This application has no limit {text}.")


def _name(quota: Quota) -> str:
    """'Hits per day'; for ever: 'Hits in all'."""
    name = quota.metric.friendly_name
    return f"{name} in all" if quota.end_s is None else f"{name} per {quota.period}"


def _without_limits(asked: Asked, now: Snapshot) -> Report:
    window = calendar.last(_UTC, now.complete_until_s, 1, Granularity.DAY)
    frame = TimeFrame(CUSTOM, window, None)
    report = Report("Limits", "", frame, "burn", [], "", [], [], summary="none.")
    plan = asked.subject.records["application"].plan
    report.nothing = "This application has no limits"
    report.hidden_by = [
        Reason(
            f"Its plan {plan.name} limits none of the metrics: it may call as often as it likes."
        )
    ]
    return report


def _burn_down(asked: Asked, quota: Quota, now: Snapshot) -> Report:
    window, used_before = _window(quota, now.complete_until_s), 0
    series = [metric_series(str(quota.metric.pk))]
    values = now.ask(asked.subject.question(series, window)).values
    if quota.end_s is None:
        used_before = quota.used - sum(values)
    places = replace(window, edges_s=(*window.edges_s, window.edges_s[-1] + 1))
    left = [quota.maximum - each for each in accumulate(values, initial=used_before)]
    now_s = now.complete_until_s
    remaining: list[Value] = [
        max(each, 0) if edge_s <= now_s else None
        for each, edge_s in zip(left, window.edges_s, strict=True)
    ]
    unit, name = plural(quota.metric.unit), _name(quota)
    curves = [Curve("remaining", "Remaining", colours.MEASURE, remaining)]
    if quota.end_s is not None:
        curves.append(
            Curve(
                "projected",
                "At this pace",
                colours.MEASURE,
                _projected(quota, window, remaining, now_s),
            )
        )
        even = [quota.maximum * (1 - place / len(window)) for place in range(len(window) + 1)]
        curves.append(Curve("even", "Evenly until the end", "chart-previous", even))
    report = Report(
        f"{name}: what remains", unit, TimeFrame(CUSTOM, window, None), "burn", curves,
        "At", buckets.labels(places), buckets.ticks(places), what=quota.metric.friendly_name,
        series=tuple(series), totals=False,
    )  # fmt: skip
    report.dimension = ("line",)
    report.shows_nothing = True
    report.summary = f"{count(quota.used)} of {count(quota.maximum)} {unit} used, {count(quota.remaining)} remain."
    report.sheets[""] = _sheet(quota, report, window)
    return report


def _window(quota: Quota, now_s: int) -> Window:
    """The limit's period; for ever, the last days of it."""
    if quota.end_s is None:
        return calendar.last(_UTC, now_s, _DAYS_OF_ETERNITY, Granularity.DAY)
    since, until = _UTC.iso(quota.since_s), _UTC.iso(quota.end_s - 1)
    return calendar.window(_UTC, now_s, since=since, until=until, granularity=_STEPS[quota.period])


def _projected(quota: Quota, window: Window, remaining: Sequence[Value], now_s: int) -> list[Value]:
    """From the last place that is known on, as if it went on like this."""
    known = max(place for place, value in enumerate(remaining) if value is not None)
    pace = quota.used / max(now_s - quota.since_s, 1)
    line: list[Value] = [None] * len(remaining)
    line[known] = remaining[known]
    for place in range(known + 1, len(remaining)):
        left = quota.maximum - quota.used - pace * (window.edges_s[place] - now_s)
        line[place] = max(round(left), 0)
    return line


def _tiles(quota: Quota, now_s: int) -> Iterator[Tile]:
    unit = plural(quota.metric.unit)
    yield Tile("Used", count(quota.used), f"of {count(quota.maximum)} {unit}")
    yield Tile("Remaining", count(quota.remaining), unit)
    yield Tile("Starts anew", *_moment(quota.end_s, "never"))
    yield Tile("At this pace used up", *_used_up(quota))


def _used_up(quota: Quota) -> tuple[str, str]:
    if quota.is_exhausted:
        return "Now", "nothing remains"
    return _moment(quota.exhausted_s, "not in this period" if quota.end_s else "not foreseen")


def _moment(at_s: int | None, otherwise: str) -> tuple[str, str]:
    """A time of day and its date."""
    if at_s is None:
        return shown(None), otherwise
    moment = _UTC.at(at_s)
    return f"{moment:%H:%M}", f"{instant(moment).rpartition(',')[0]}, UTC"


def _table(asked: Asked, found: Sequence[Quota], chosen: Quota) -> Table:
    note = "Periods are those of the UTC calendar, as gateways know them."
    rows = [_row(asked, quota, quota is chosen) for quota in found]
    return Table("Limits of its plan", _COLUMNS, rows, part="limits", note=note)


def _row(asked: Asked, quota: Quota, is_chosen: bool) -> list[Cell]:
    url = "" if is_chosen else asked.url(limit=str(quota.id))
    mark = colours.MEASURE if is_chosen else ""
    return [
        Cell(_name(quota), url, quota.metric.system_name, colour=mark),
        Cell(count(quota.maximum)),
        Cell(count(quota.used)),
        Cell(percent(quota.percent)),
        Cell(bar=f"{min(quota.percent, 100):.2f}"),
        Cell(count(quota.remaining)),
        Cell(shown(None) if quota.end_s is None else instant(_UTC.at(quota.end_s))),
        _lasting(quota),
    ]


def _lasting(quota: Quota) -> Cell:
    if quota.exhausted_s is not None:
        return Cell(instant(_UTC.at(quota.exhausted_s)))
    when, why = _used_up(quota)
    return Cell(when if quota.is_exhausted else why, muted=not quota.is_exhausted)


def _row_of_file(quota: Quota) -> tuple[object, ...]:
    metric = quota.metric
    return (
        metric.system_name, metric.friendly_name, quota.period, quota.maximum, quota.used,
        quota.remaining, float(quota.percent), quota.since_s, quota.end_s, quota.exhausted_s,
    )  # fmt: skip


def _sheet(quota: Quota, report: Report, window: Window) -> Sheet:
    columns = (
        FileColumn("metric"), FileColumn("metric_name"), FileColumn("period"), FileColumn("maximum", "whole"),
        FileColumn("time", "time"), *(FileColumn(curve.key, "number") for curve in report.curves),
    )  # fmt: skip
    metric = quota.metric
    about = (metric.system_name, metric.friendly_name, quota.period, quota.maximum)

    def rows() -> Iterator[tuple[object, ...]]:
        for place, edge_s in enumerate(window.edges_s):
            values = (curve.values[place] for curve in report.curves)
            yield *about, edge_s, *(None if v is None else float(v) for v in values)

    return Sheet("", columns, rows)
