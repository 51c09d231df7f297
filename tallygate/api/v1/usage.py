"""`usage`: how much of what, by whom, bucket by bucket."""

from typing import Any

from django.http import HttpResponseBase

from tallygate.analytics.report import Line, Report
from tallygate.api.v1 import records
from tallygate.api.v1.answers import Call, shown, streamed
from tallygate.api.v1.asked import Asked, peeked
from tallygate.api.v1.tables import Column, Table
from tallygate.domain.calendar import Window

_BEFORE = (Column("previous_time", "time"), Column("previous_value", "whole"))


def usage(call: Call) -> HttpResponseBase:
    """A page of lines as JSON; as a table all lines, or the page if it is limited."""
    asked = Asked(call)
    if call.form == "json":
        report = asked.page()
        return shown(body(asked, report), asked.next_cursor(report))
    names = asked.columns
    compared = asked.query.frame.previous is not None
    first, parts = peeked(asked.pages(), lambda page: _rows(page, names))
    columns = (Column("time", "time"), *names, Column("value", "whole"), *(_BEFORE if compared else ()))  # fmt: skip
    table = Table(asked.file("usage"), columns, first.window.zone, parts)
    return streamed(table, call.form, first.complete_until_s, asked.cursor_of_file(first))


def body(asked: Asked, report: Report) -> dict[str, Any]:
    """Without the cursor."""
    frame, zone = asked.query.frame, report.window.zone
    found: dict[str, Any] = {"window": {**ends(report.window), "granularity": frame.granularity}}
    if report.previous is not None:
        found["previous_window"] = ends(report.previous)
    found["complete_until"] = zone.iso(report.complete_until_s)
    found["times"] = [zone.iso(start_s) for start_s in report.window.starts_s]
    found["lines"] = [_line(asked, line, asked.query.by) for line in report.lines]
    found["totals"] = [_line(asked, line, ()) for line in report.totals]
    return found


def ends(window: Window) -> dict[str, str]:
    """From when on, and until before when."""
    zone = window.zone
    return {
        "since": zone.iso(window.since_s),
        "until": zone.iso(window.edges_s[-1]),
        "timezone": zone.name,
    }


def described(asked: Asked, line: Line, by: tuple[str, ...]) -> dict[str, Any]:
    """Of whom and of what a line is."""
    key, counted = line.key, line.counted
    return {**records.key_json(key, by), **records.counted_json(counted, asked.splits)}


def _line(asked: Asked, line: Line, by: tuple[str, ...]) -> dict[str, Any]:
    found = {**described(asked, line, by), "total": line.total, "values": line.values}
    if asked.query.frame.previous is not None:
        found["previous_total"] = line.previous_total
        found["previous_values"] = line.previous_values
        found["change"] = line.change
    return found


def _rows(report: Report, names: tuple[Column, ...]) -> list[list[object]]:
    """One for each line and bucket."""
    starts, previous = report.window.starts_s, report.previous
    rows: list[list[object]] = []
    for line in report.lines:
        cells = records.cells(line.key, line.counted, names)
        for place, (start_s, value) in enumerate(zip(starts, line.values, strict=True)):
            before = [previous.starts_s[place], line.previous_values[place]] if previous else []
            rows.append([start_s, *cells, value, *before])
    return rows
