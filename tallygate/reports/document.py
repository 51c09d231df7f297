"""A report as headings and tables: what HTML, plain text, PDF and CSV all show."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tallygate.console.change import change
from tallygate.console.wording import count, counted, instant, percent, zone_name
from tallygate.domain.calendar import find_zone
from tallygate.reports.about import BEFORE, About
from tallygate.reports.figures import Counted, Figures

Tone = Literal["", "up", "down", "same", "bad"]


@dataclass(frozen=True, slots=True)
class Row:
    """
    Attributes:
        note: Stands small beside the name.
        cells: The other columns.
        tone: Of the last cell.
        child: Whether it is part of the row above.
    """

    name: str
    cells: tuple[str, ...]
    note: str = ""
    tone: Tone = ""
    child: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """
    Attributes:
        columns: The first is the names'.
        foot: What is said below the table, or instead of it.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[Row]
    foot: str = ""


@dataclass(frozen=True)
class Document:
    """
    Attributes:
        subject: Of the mail.
        headline: The total in one line.
        values, before: Of the chart, bucket by bucket.
        labels: Of its buckets; '' where there is no room for one.
        spoken: What the chart shows, in words.
        coming: What the forecast says, in sentences.
        written: When, and for which zone.
    """

    about: About
    subject: str
    headline: str
    compared: str
    tone: Tone
    values: tuple[int, ...]
    before: tuple[int, ...]
    labels: tuple[str, ...]
    spoken: str
    sections: list[Section]
    written: str
    coming: list[str] = field(default_factory=list)


def document(figures: Figures, now_s: int, coming: Sequence[str] = ()) -> Document:
    """What a report says, in words and numbers as people read them."""
    about, total = figures.about, figures.total
    text, tone = _change(total)
    zone = find_zone(about.time_zone)
    now = zone.at(now_s)
    return Document(
        about=about,
        subject=f"{about.name}: {about.title.lower()}, {about.dates}",
        headline=counted(total.total, "hit"),
        compared=f"{text} compared with {BEFORE[about.period]} ({count(total.previous)})",
        tone=tone,
        values=figures.hits.values,
        before=figures.hits.previous_values,
        labels=tuple(_labels(about)),
        spoken=_spoken(figures),
        sections=[section for make in _SECTIONS for section in make(figures)],
        written=f"Written {instant(now)}, {zone_name(now, about.time_zone)}",
        coming=list(coming),
    )


def _change(counted: Counted) -> tuple[str, Tone]:
    found = change(counted.total, counted.previous)
    if found is None:
        return ("new", "up") if counted.total else ("\N{EN DASH}", "")
    sign = {"up": "+", "down": "\N{MINUS SIGN}", "same": ""}[found.direction]
    tone: Tone = (
        "up" if found.direction == "up" else "down" if found.direction == "down" else "same"
    )
    return f"{sign}{found.text}", tone


def _labels(about: About) -> Iterator[str]:
    zone, starts = about.window.zone, about.window.starts_s
    every = {"day": 4, "week": 4, "month": 5}[about.period]
    for index, start_s in enumerate(starts):
        moment = zone.local(start_s)
        shown = f"{moment:%H:%M}" if about.period == "day" else f"{moment.day} {moment:%b}"
        yield shown if index % every == 0 else ""


def _spoken(figures: Figures) -> str:
    values = figures.hits.values
    if not any(values):
        return "A chart: no hits in this period."
    best = max(range(len(values)), key=values.__getitem__)
    moment = figures.about.window.zone.at(figures.about.window.starts_s[best])
    when = (
        f"on {moment.day} {moment:%b}"
        if figures.about.period == "month"
        else f"at {instant(moment)}"
    )
    return f"A chart of the hits: {count(sum(values))} in all, most of them {when}: {count(values[best])}."


def _measured(each: Counted) -> Row:
    text, tone = _change(each)
    return Row(
        each.name, (count(each.total), count(each.previous), text), each.note, tone, each.child
    )


_MEASURED = ("Hits", "Before", "Change")


def _parts(figures: Figures) -> Iterator[Section]:
    of_product = figures.about.product is not None
    title, columns = (
        ("Metrics", ("Metric", "Total", *_MEASURED[1:]))
        if of_product
        else ("Products", ("Product", *_MEASURED))
    )
    left = figures.parts_left
    foot = f"{count(left)} more are in the portal." if left else ""
    yield Section(title, columns, [_measured(each) for each in figures.parts], foot)


def _applications(figures: Figures) -> Iterator[Section]:
    columns = ("Application", *_MEASURED)
    yield Section(
        "Most used by",
        columns,
        [_measured(each) for each in figures.top],
        "" if figures.top else "No application has called.",
    )
    if figures.growing:
        yield Section("Growing fastest", columns, [_measured(each) for each in figures.growing])
    if figures.silent:
        rows = [
            Row(each.name, (count(each.previous),), each.note, "bad") for each in figures.silent
        ]
        yield Section("Newly silent", ("Application", "Hits before"), rows)


def _codes(figures: Figures) -> Iterator[Section]:
    if not figures.codes:
        return
    rows = [
        Row(
            each.name,
            (count(each.total), percent(each.total / figures.answered * 100)),
            "",
            "bad" if each.name[0] == "5" else "",
        )
        for each in figures.codes[:10]
    ]
    failed = percent(figures.failed / figures.answered * 100)
    yield Section(
        "Response codes",
        ("Code", "Calls", "Share"),
        rows,
        f"{failed} of the calls with a reported code failed.",
    )


def _problems(figures: Figures) -> Iterator[Section]:
    if not figures.problems:
        return
    zone = find_zone(figures.about.time_zone)
    rows = [
        Row(each.message, (count(each.count), instant(zone.at(each.last_s))), each.product)
        for each in figures.problems
    ]
    yield Section(
        "Integration errors",
        ("Error", "Times", "Last"),
        rows,
        "What your gateways did wrong; these calls did not count.",
    )


def _newcomers(figures: Figures) -> Iterator[Section]:
    for title, name, found in (
        ("New applications", "Application", figures.applications),
        ("New plans", "Plan", figures.plans),
    ):
        if found:
            yield Section(title, (name,), [Row(each.name, (), each.note) for each in found])


_SECTIONS: tuple[Callable[[Figures], Iterator[Section]], ...] = (
    _parts,
    _applications,
    _codes,
    _problems,
    _newcomers,
)
