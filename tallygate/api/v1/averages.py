"""`averages`: how much on a day of the week, or in an hour of the day."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase

from tallygate.analytics import averages as made
from tallygate.analytics.report import Line, Report
from tallygate.api.v1 import records
from tallygate.api.v1.answers import Call, shown, streamed
from tallygate.api.v1.asked import NAMES as USAGE_NAMES
from tallygate.api.v1.asked import Asked, peeked
from tallygate.api.v1.tables import Column, Table
from tallygate.api.v1.usage import described, ends
from tallygate.domain.errors import QuestionError

NAMES = ("by", *(name for name in USAGE_NAMES if name not in ("granularity", "compare", "order")))
_NUMBERS = (Column("total", "whole"), Column("occurrences", "number"), Column("average", "number"))


def averages(call: Call) -> HttpResponseBase:
    """A page of lines as JSON; as a table all lines, or the page if it is limited."""
    by = call.given.choice("by", tuple(made.BY))
    if by is None:
        raise QuestionError(f"by must be one of {', '.join(made.BY)}")
    asked = Asked(call, made.BY[by])
    if call.form == "json":
        report = asked.page()
        return shown(body(asked, report, by), asked.next_cursor(report))
    names = asked.columns
    first, parts = peeked(asked.pages(), lambda page: _rows(page, names, by))
    table = Table(asked.file("averages"), (*names, Column(by), *_NUMBERS), first.window.zone, parts)
    return streamed(table, call.form, first.complete_until_s, asked.cursor_of_file(first))


def body(asked: Asked, report: Report, by: str) -> dict[str, Any]:
    """Without the cursor."""
    return {
        "window": ends(report.window),
        "complete_until": report.window.zone.iso(report.complete_until_s),
        "by": by,
        "names": made.names(by),
        "lines": _lines(asked, report, report.lines, by, asked.query.by),
        "totals": _lines(asked, report, report.totals, by, ()),
    }


def _lines(
    asked: Asked, report: Report, lines: tuple[Line, ...], by: str, keyed_by: tuple[str, ...]
) -> list[dict[str, Any]]:
    return [
        {
            **described(asked, each.line, keyed_by),
            "averages": [one.value for one in each.averages],
            "totals": [one.total for one in each.averages],
            "occurrences": [one.occurrences for one in each.averages],
        }
        for each in made.averages(report, lines, by)
    ]


def _rows(report: Report, columns: Sequence[Column], by: str) -> list[list[object]]:
    """One for each line and name."""
    return [
        [
            *records.cells(each.line.key, each.line.counted, tuple(columns)),
            name, one.total, float(one.occurrences), one.value,
        ]
        for each in made.averages(report, report.lines, by)
        for name, one in zip(made.names(by), each.averages, strict=True)
    ]  # fmt: skip
