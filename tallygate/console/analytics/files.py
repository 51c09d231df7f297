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

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from tallygate.api.parquet import Instant, parquet
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Curve, Report, Sheet
from tallygate.domain.calendar import Window, Zone

FORMS = {"csv": "CSV", "parquet": "Parquet"}
"""As addresses name them -> as people call them."""
_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}
_AT_ONCE = 5_000
"""Rows of a piece."""
_UNFIT = re.compile(r"[^\w.+-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would run."""


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
    columns, about = _about(asked)
    zone = asked.frame.window.zone
    rows = (about[:-_LAST] + row + about[-_LAST:] for row in sheet.rows())
    named = (*columns[:-_LAST], *sheet.columns, *columns[-_LAST:])
    first = list(islice(rows, 1))  # fails before the answer begins, if it fails
    pieces = _pieces(chain(first, rows))
    content = _csv(named, pieces, zone) if form == "csv" else parquet(named, pieces)
    name = f"{name_of(asked, kind, part)}.{form}"
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    return StreamingHttpResponse(content, content_type=_TYPES[form], headers=headers)


def refused(message: str, status: int) -> HttpResponse:
    """Why there is no file, as text."""
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")


_LAST = 4


def _about(asked: Asked) -> tuple[tuple[tuple[str, type], ...], tuple[Any, ...]]:
    """What all rows have: first whose and what, last the window."""
    subject, measure, window = asked.subject, asked.measure, asked.frame.window
    columns: list[tuple[str, type]] = [(subject.noun, str)]
    values: list[Any] = [subject.key]
    if "metric" in asked.names:
        columns += [("metric", str), ("metric_name", str), ("unit", str)]
        values += [measure.key, measure.name, measure.unit]
    columns += [("time_zone", str), ("granularity", str), ("window_since", Instant), ("window_until", Instant)]  # fmt: skip
    values += [window.zone.name, window.granularity.value, window.since_s, window.last_s]
    return tuple(columns), tuple(values)


def _of_chart(asked: Asked, report: Report) -> Sheet:
    """A row for each curve and bucket."""
    window, previous = asked.frame.window, _previous(asked)
    columns: list[tuple[str, type]] = [(name, str) for name in report.dimension]
    columns += [("start", Instant), ("value", int)]
    if previous is not None:
        columns += [("previous_start", Instant), ("previous_value", int)]

    def rows() -> Iterator[tuple[Any, ...]]:
        for curve in report.lines() if report.lines else report.curves:
            yield from _rows(curve, report, window, previous)

    return Sheet("", tuple(columns), rows)


def _previous(asked: Asked) -> Window | None:
    compared = asked.subject.question((), asked.frame.window, compare=asked.frame.compare)
    return compared.compared_with()


def _rows(
    curve: Curve, report: Report, window: Window, previous: Window | None
) -> Iterator[tuple[Any, ...]]:
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


def _pieces(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    remaining = iter(rows)
    while piece := list(islice(remaining, _AT_ONCE)):
        yield piece


def _csv(
    columns: tuple[tuple[str, type], ...], pieces: Iterable[list[tuple[Any, ...]]], zone: Zone
) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(name for name, _ in columns)
    for piece in pieces:
        lines.writerows(
            [_text(value, kind, zone) for value, (_, kind) in zip(row, columns, strict=True)]
            for row in piece
        )
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


def _text(value: Any, kind: type, zone: Zone) -> Any:
    if kind is Instant and value is not None:
        return zone.iso(value)
    # Consumers name their applications: no name may be a formula on a provider's desk.
    return f"'{value}" if kind is str and value and value.startswith(_FORMULA) else value


def name_of(asked: Asked, kind: str, part: str = "") -> str:
    """By subject, page, measure and days: 'api-traffic-hits-2015-05-10-2015-05-18'."""
    window = asked.frame.window
    days = [window.zone.local(at_s).date().isoformat() for at_s in (window.since_s, window.last_s)]
    measure = [asked.measure.key] if "metric" in asked.names else []
    parts = [asked.subject.file_name, kind, *measure, *([part] if part else []), *days]
    return _UNFIT.sub("_", "-".join(parts))
