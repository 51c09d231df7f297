"""How much there was of a metric or method, beside the time before; and its methods."""

from collections.abc import Iterator, Sequence

from tallygate.api.v1.tables import Column as FileColumn
from tallygate.console.analytics import colours
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.kind import Kind
from tallygate.console.analytics.measures import Measure
from tallygate.console.analytics.plotted import line, opened, peak_tile
from tallygate.console.analytics.report import (
    Cell,
    Column,
    Curve,
    Report,
    Sheet,
    Table,
    Tile,
    change_tile,
    share,
    total_tile,
)  # fmt: skip
from tallygate.console.change import change
from tallygate.console.curl import Api, Command
from tallygate.console.wording import count, decimal, percent
from tallygate.domain.calendar import Window
from tallygate.history import Place, Ranking

_COLUMNS = (
    Column("Method"), Column("Total", number=True), Column("Share", number=True),
    Column("Change", number=True, wide=True), Column("Share as a bar", wide=True, hidden=True),
)  # fmt: skip


def build(asked: Asked) -> Report:
    """The chosen measure and its methods."""
    measure, frame = asked.measure, asked.frame
    answer = asked.ask(asked.subject.question(measure.series, frame.window, compare=frame.compare))
    report = line_report(asked, answer.values, answer.previous_values)
    bucket = report.bucket
    total, previous = answer.total, answer.previous_total
    report.tiles = [tile for tile in (
        total_tile(total, report.unit),
        change_tile(frame, total, previous),
        peak_tile(report),
        Tile(f"Average per {bucket}", _average(total, frame.window, asked.now_s), report.unit),
    ) if tile]  # fmt: skip
    methods = _methods(asked)
    if methods:
        report.tables = [_table(asked, methods, total)]
        report.sheets["methods"] = _sheet(asked, methods)
    return report


def calls(asked: Asked, api: Api) -> Sequence[Command]:
    """The usage of the same window."""
    return [api.usage(asked.subject.api, asked.measure.key, asked.frame.window)]


TRAFFIC = Kind("traffic", "Traffic", build, calls)


def _average(total: int, window: Window, now_s: int) -> str:
    """The mean over the buckets that have begun."""
    begun = sum(start_s <= now_s for start_s in window.starts_s)
    return decimal(total / max(begun, 1))


def line_report(asked: Asked, values: Sequence[int], previous: Sequence[int]) -> Report:
    """The chart of the chosen measure alone."""
    measure = asked.measure
    curve = Curve(measure.key, measure.name, colours.MEASURE, values, previous)
    return opened(asked, line(asked.frame, curve, measure.unit, asked.now_s))


def _methods(asked: Asked) -> list[tuple[Measure, Place]]:
    """Those with any usage, the largest first."""
    by_series = {each.series[0]: each for each in asked.subject.choice.methods}
    if not by_series:
        return []
    frame = asked.frame
    question = asked.subject.question(
        tuple(by_series), frame.window, split=("series",), compare=frame.compare
    )
    places = asked.rank(Ranking(question))
    return [(by_series[place.names[0]], place) for place in places if place.total]


def _table(asked: Asked, methods: list[tuple[Measure, Place]], total: int) -> Table:
    rows = [_row(asked, method, place, total) for method, place in methods]
    rest = total - sum(place.total for _, place in methods)
    if rest:
        name = f"{asked.measure.name} without a method"
        rows.append([Cell(name, muted=True), *_numbers(rest, total), Cell(), _bar(rest, total)])
    return Table(f"Methods of {asked.measure.name}", _COLUMNS, rows, part="methods")


def _row(asked: Asked, method: Measure, place: Place, total: int) -> list[Cell]:
    url = asked.url(metric=method.key)
    return [
        Cell(method.name, url, method.key),
        *_numbers(place.total, total),
        Cell(change=change(place.total, place.previous_total), is_change=True),
        _bar(place.total, total),
    ]


def _numbers(value: int, total: int) -> list[Cell]:
    return [Cell(count(value)), Cell(percent(share(value, total)[0]))]


def _bar(value: int, total: int) -> Cell:
    return Cell(bar=share(value, total)[1])


def _sheet(asked: Asked, methods: list[tuple[Measure, Place]]) -> Sheet:
    columns = (
        FileColumn("method"), FileColumn("method_name"),
        FileColumn("total", "whole"), FileColumn("previous_total", "whole"),
    )  # fmt: skip

    def rows() -> Iterator[tuple[object, ...]]:
        for method, place in methods:
            yield method.key, method.name, place.total, place.previous_total

    return Sheet("methods", columns, rows)
