"""How much there is on an average Monday, or from ten to eleven on an average day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from tallygate.api.v1.tables import Column as FileColumn
from tallygate.console.analytics import colours
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.kind import Kind
from tallygate.console.analytics.report import (
    Cell,
    Column,
    Curve,
    Report,
    Sheet,
    Table,
    Tile,
    change_tile,
    shown,
    total_tile,
)
from tallygate.console.curl import Api, Command
from tallygate.console.wording import count, decimal, percent, plural
from tallygate.domain.calendar import Granularity, Window
from tallygate.history.averages import Average, by_hour, by_weekday

_MONDAY = date(2024, 1, 1)
WEEKDAYS = [f"{_MONDAY.replace(day=1 + day):%A}" for day in range(7)]
HOURS = [f"{hour:02}:00" for hour in range(24)]


@dataclass(frozen=True, slots=True)
class Cycle:
    """What comes up again and again: the days of the week, the hours of the day.

    Attributes:
        dimension: How files call it.
        unit: What one of them is.
        place: How a heading calls it.
        average: Takes a window by these units, its values, and until when they are complete.
    """

    dimension: str
    unit: str
    place: str
    labels: Sequence[str]
    ticks: Sequence[str]
    average: Callable[[Window, Sequence[int], int], list[Average]]


WEEK = Cycle(
    "weekday", "day", "Day of the week", WEEKDAYS, [name[:3] for name in WEEKDAYS], by_weekday
)
DAY = Cycle("hour", "hour", "Hour of the day from", HOURS, HOURS, by_hour)


def build(asked: Asked, cycle: Cycle) -> Report:
    """A bar for each day of the week, or hour of the day."""
    measure, frame = asked.measure, asked.frame
    now, before = _averages(asked, cycle)
    curve = Curve(
        measure.key, measure.name, colours.MEASURE,
        [each.value for each in now], [each.value for each in before],
    )  # fmt: skip
    report = Report(
        f"{measure.name} on an average {cycle.unit}", plural(measure.unit), frame, "bars", [curve],
        cycle.place, list(cycle.labels), list(cycle.ticks),
        what=measure.name, series=measure.series, totals=False,
    )  # fmt: skip
    report.tiles = list(_tiles(report, cycle, now, before))
    mean, busiest = report.tiles[:2]
    report.summary = f"{mean.number} {report.unit} on average, most on {busiest.number}."
    report.tables = [_table(cycle, now)]
    report.sheets[""] = _sheet(cycle, now, before)
    return report


def _averages(asked: Asked, cycle: Cycle) -> tuple[list[Average], list[Average]]:
    """Of the window, and of that which it is compared with."""
    window = asked.frame.window
    question = asked.subject.question(asked.measure.series, window, compare=asked.frame.compare)
    answer, compared = asked.ask(question), question.compared_with()
    now = cycle.average(window, answer.values, answer.complete_until_s)
    if compared is None:
        return now, []
    return now, cycle.average(compared, answer.previous_values, answer.complete_until_s)


def calls(asked: Asked, api: Api, cycle: Cycle) -> Sequence[Command]:
    """The same averages."""
    given = {**asked.subject.v1, "metric": asked.measure.key, "by": cycle.dimension}
    return [api.report("Read the averages", "averages", given, asked.frame.window)]


DAILY = Kind(
    "daily-averages", "Daily averages", partial(build, cycle=WEEK), partial(calls, cycle=WEEK),
    frame="30d", fixed=Granularity.DAY,
)  # fmt: skip
HOURLY = Kind(
    "hourly-averages", "Hourly averages", partial(build, cycle=DAY), partial(calls, cycle=DAY),
    frame="30d", fixed=Granularity.HOUR,
)  # fmt: skip


def _tiles(
    report: Report, cycle: Cycle, now: Sequence[Average], before: Sequence[Average]
) -> Iterator[Tile]:
    total, previous = sum(each.total for each in now), sum(each.total for each in before)
    mean = _mean(now)
    yield Tile(f"Average {cycle.unit}", shown(None) if mean is None else decimal(mean), report.unit)
    name, note = shown(None), ""
    if not report.is_empty:
        label, most = max(zip(cycle.labels, now, strict=True), key=lambda pair: pair[1].value or 0)
        name, note = label, f"{shown(most.value)} {report.unit}"
    yield Tile(f"Busiest {cycle.unit}", name, note)
    yield total_tile(total, report.unit)
    against = change_tile(report.frame, total, previous)
    if against:
        yield against


def _mean(averages: Sequence[Average]) -> float | None:
    """Of all together; None where none came up."""
    occurrences = sum(each.occurrences for each in averages)
    return sum(each.total for each in averages) / occurrences if occurrences else None


def _table(cycle: Cycle, averages: Sequence[Average]) -> Table:
    columns = (
        Column(cycle.place), Column("Average", number=True),
        Column("Against all", number=True, wide=True), Column("Total", number=True),
        Column(f"Whole {cycle.unit}s", number=True),
    )  # fmt: skip
    mean = _mean(averages)
    rows = [
        [
            Cell(label),
            Cell(shown(each.value)),
            Cell(percent(each.value / mean * 100) if each.value is not None and mean else shown(None)),
            Cell(count(each.total)),
            Cell(decimal(each.occurrences)),
        ]
        for label, each in zip(cycle.labels, averages, strict=True)
    ]  # fmt: skip
    note = f"Only {cycle.unit}s that are over count, by the clocks of the time zone."
    return Table("How they are made up", columns, rows, note=note)


def _sheet(cycle: Cycle, now: Sequence[Average], before: Sequence[Average]) -> Sheet:
    numbers = (
        FileColumn("average", "number"),
        FileColumn("total", "whole"),
        FileColumn("occurrences", "number"),
    )
    columns = [FileColumn(cycle.dimension), *numbers]
    if before:
        columns += [replace(each, name=f"previous_{each.name}") for each in numbers]

    def rows() -> Iterator[tuple[object, ...]]:
        for index, label in enumerate(cycle.labels):
            both = [now[index], *([before[index]] if before else [])]
            yield (
                label,
                *(v for each in both for v in (each.value, each.total, float(each.occurrences))),
            )

    return Sheet("", tuple(columns), rows)
