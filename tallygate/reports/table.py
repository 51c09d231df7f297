"""A report as CSV: one table of all of its numbers, for spreadsheets."""

import csv
from io import StringIO
from itertools import zip_longest

from tallygate.console.wording import for_spreadsheets
from tallygate.reports.figures import Counted, Figures

HEADER = ("section", "name", "note", "value", "previous")


def table(figures: Figures) -> bytes:
    """UTF-8 with a mark at its beginning, so that every spreadsheet knows."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADER)
    zone = figures.about.window.zone
    hits = figures.hits
    for start_s, value, before in zip_longest(
        figures.about.window.starts_s, hits.values, hits.previous_values[: len(hits.values)]
    ):
        writer.writerow(("hits", zone.iso(start_s), "", value, before))
    for section, rows in (
        ("total", [figures.total]),
        ("metrics" if figures.about.product else "products", figures.parts),
        ("top applications", figures.top),
        ("growing", figures.growing),
        ("silent", figures.silent),
        ("response codes", figures.codes),
    ):
        writer.writerows(_row(section, each) for each in rows)
    return ("\N{ZERO WIDTH NO-BREAK SPACE}" + file.getvalue()).encode()


def _row(section: str, each: Counted) -> tuple[object, ...]:
    return (
        section,
        for_spreadsheets(each.name),
        for_spreadsheets(each.note),
        each.total,
        each.previous,
    )
