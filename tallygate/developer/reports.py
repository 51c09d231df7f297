"""Charts and tables of what an application has used, in the looks that all reports have."""

from collections.abc import Sequence
from http import HTTPStatus

from tallygate.catalog.models import Metric
from tallygate.console.analytics import colours
from tallygate.console.analytics.plotted import line, over_time, peak_tile
from tallygate.console.analytics.report import (
    Cell,
    Column,
    Curve,
    Report,
    Table,
    Tile,
    change_tile,
    share,
    total_tile,
)
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.wording import count, decimal, percent
from tallygate.history import Line

_METHODS = (
    Column("Method"), Column("Total", number=True), Column("Share", number=True),
    Column("Share as a bar", wide=True, hidden=True),
)  # fmt: skip
_CODES = (
    Column("Code"), Column("Meaning", wide=True), Column("Calls", number=True),
    Column("Share", number=True), Column("Share as a bar", wide=True, hidden=True),
)  # fmt: skip


def of_usage(
    metric: Metric,
    used: Line,
    methods: Sequence[tuple[Metric, int, str]],
    frame: TimeFrame,
    now_s: int,
) -> Report:
    """One metric beside the time before, and its methods.

    Args:
        methods: Those that are seen: each with its total and the address of its own chart.
    """
    name = metric.friendly_name
    curve = Curve(metric.system_name, name, colours.MEASURE, used.values, used.previous_values)
    report = line(frame, curve, metric.unit, now_s)
    begun = sum(start_s <= now_s for start_s in frame.window.starts_s)
    average = decimal(used.total / max(begun, 1))
    report.tiles = [tile for tile in (
        total_tile(used.total, report.unit),
        change_tile(frame, used.total, used.previous_total),
        peak_tile(report),
        Tile(f"Average per {report.bucket}", average, report.unit),
    ) if tile]  # fmt: skip
    some = sorted((each for each in methods if each[1]), key=lambda each: -each[1])
    if some:
        rows = [_row(Cell(each.friendly_name, url), total, used.total) for each, total, url in some]
        rest = used.total - sum(total for _, total, _ in some)
        if rest:  # what belongs to no method, and to methods that are hidden
            rows.append(_row(Cell("Others", muted=True), rest, used.total))
        report.tables = [Table(f"Methods of {name}", _METHODS, rows)]
    return report


def of_codes(lines: dict[int, Line], frame: TimeFrame, now_s: int) -> Report:
    """The classes of response codes on top of each other, and the codes."""
    classes: dict[int, list[int]] = {}
    for code, found in lines.items():
        sums = classes.setdefault(code // 100, [0] * len(frame.window))
        classes[code // 100] = [a + b for a, b in zip(sums, found.values, strict=True)]
    curves = [
        Curve(f"{hundreds}XX", f"{hundreds}XX", colours.of_class(hundreds), values)
        for hundreds, values in sorted(classes.items())
    ]
    report = over_time(frame, "", "calls", "stack", curves, now_s)
    report.title = f"Calls by class of response code per {report.bucket}"
    in_all = sum(found.total for found in lines.values())
    told = [f"{curve.name}: {count(int(curve.total or 0))}" for curve in curves]
    report.summary = f"{', '.join(told)}." if told else "none."
    report.tiles = [total_tile(in_all, "calls")]
    if lines:
        rows = [
            _row(Cell(str(code)), found.total, in_all, Cell(_meaning(code), muted=True))
            for code, found in sorted(lines.items())
        ]
        report.tables = [Table("Response codes", _CODES, rows)]
    return report


def _row(name: Cell, value: int, in_all: int, *more: Cell) -> list[Cell]:
    part, bar = share(value, in_all)
    return [name, *more, Cell(count(value)), Cell(percent(part)), Cell(bar=bar)]


def _meaning(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return ""
