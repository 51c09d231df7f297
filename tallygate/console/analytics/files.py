"""The numbers of a page as a file: CSV or Parquet, written as it is read, so that long ones need little memory.

Each row tells all that it is about: the file needs no page beside it.

columns                       hold
product, backend, ...         whose numbers: by system name or id
metric, metric_name, unit     of what
what tells the curves apart   an application's id, name and account; a response code; ...
start, value                  when the bucket begins (in CSV with the zone's offset), and its value
previous_start, previous_value  the same of the window that is compared with
time_zone, granularity, window_since, window_until  the window; both of its ends belong to it
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from tallygate.api.v1.tables import Column, Table, csv_parts, parquet_parts
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Curve, Report, Sheet
from tallygate.console.wording import for_spreadsheets
from tallygate.domain.calendar import Window

FORMS = {"csv": "CSV", "parquet": "Parquet"}
"""As addresses name them -> as people call them."""
_WRITERS = {"csv": csv_parts, "parquet": parquet_parts}
_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}
_AT_ONCE = 5_000
"""Rows of a piece."""
_UNFIT = re.compile(r"[^\w.+-]+")
_LAST = 4
"""So many columns of what all rows have stand behind their own."""

Row = tuple[Any, ...]


def file(asked: Asked, report: Report, kind: str, part: str, form: str) -> HttpResponseBase | None:
    """The answer that is a file; None where the page has no such part.

    Args:
        kind: The name of the page.
        part: Of the page: '' is the chart.

    Raises:
        QuestionError, HistoryUnavailable: There is nothing to write; afterwards the answer only breaks off.
    """
    sheet = report.sheets.get(part) or (_of_chart(asked, report) if part == "" else None)
    if sheet is None:
        return None
    columns, about = _about(asked, report)
    named = (*columns[:-_LAST], *sheet.columns, *columns[-_LAST:])
    rows = ((*about[:-_LAST], *row, *about[-_LAST:]) for row in sheet.rows())
    first = list(islice(rows, 1))  # fails before the answer begins, if it fails
    parts = _parts(chain(first, rows))
    if form == "csv":
        parts = (_harmless(part) for part in parts)
    name, zone = f"{name_of(asked, report, kind, part)}.{form}", report.frame.window.zone
    table = Table(name, named, zone, parts)
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    return StreamingHttpResponse(_WRITERS[form](table), content_type=_TYPES[form], headers=headers)


def refused(message: str, status: int) -> HttpResponse:
    """Why there is no file, as text."""
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")


def _about(asked: Asked, report: Report) -> tuple[tuple[Column, ...], Row]:
    """What all rows have: first whose and what, last the window."""
    subject, measure, window = asked.subject, asked.measure, report.frame.window
    columns, values = [Column(subject.noun)], [subject.key]
    if asked.has_measure:
        columns += [Column("metric"), Column("metric_name"), Column("unit")]
        values += [measure.key, measure.name, measure.unit]
    columns += [
        Column("time_zone"), Column("granularity"),
        Column("window_since", "time"), Column("window_until", "time"),
    ]  # fmt: skip
    return tuple(columns), (
        *values, window.zone.name, window.granularity.value, window.since_s, window.last_s,
    )  # fmt: skip


def _of_chart(asked: Asked, report: Report) -> Sheet:
    """A row for each curve and bucket."""
    window, previous = report.frame.window, _previous(asked)
    columns = [Column(name) for name in report.dimension]
    columns += [Column("start", "time"), Column("value", "whole")]
    if previous is not None:
        columns += [Column("previous_start", "time"), Column("previous_value", "whole")]

    def rows() -> Iterator[Row]:
        for curve in report.lines() if report.lines else report.curves:
            yield from _rows(curve, report, window, previous)

    return Sheet("", tuple(columns), rows)


def _previous(asked: Asked) -> Window | None:
    compared = asked.subject.question((), asked.frame.window, compare=asked.frame.compare)
    return compared.compared_with()


def _rows(curve: Curve, report: Report, window: Window, previous: Window | None) -> Iterator[Row]:
    names = (curve.key, *curve.names) if report.dimension else ()
    if previous is None:
        for start_s, value in zip(window.starts_s, curve.values, strict=True):
            yield *names, start_s, value
        return
    now = zip(window.starts_s, curve.values, strict=True)
    before = zip_longest(previous.starts_s, curve.previous)
    none = (None, None)
    for this, that in zip_longest(now, before, fillvalue=none):
        yield *names, *this, *that


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while part := list(islice(remaining, _AT_ONCE)):
        yield part


def _harmless(rows: Iterable[Row]) -> list[Row]:
    """Consumers name their applications: no name may be a formula on a provider's desk."""
    return [
        tuple(for_spreadsheets(value) if isinstance(value, str) else value for value in row)
        for row in rows
    ]


def name_of(asked: Asked, report: Report, kind: str, part: str = "") -> str:
    """By subject, page, measure and days: 'api-traffic-hits-2015-05-10-2015-05-18'."""
    window = report.frame.window
    days = [window.zone.local(at_s).date().isoformat() for at_s in (window.since_s, window.last_s)]
    measure = [asked.measure.key] if asked.has_measure else []
    parts = [asked.subject.file_name, kind, *measure, *([part] if part else []), *days]
    return _UNFIT.sub("_", "-".join(parts))
