"""What a page shows: a chart, tiles above it, tables below it. Made by the module of each kind of page; templates only place it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tallygate.api.v1.tables import Column as FileColumn
from tallygate.console.analytics import buckets
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.change import Change, change
from tallygate.console.marks.annotations import Mark
from tallygate.console.wording import count, decimal, zone_name

Value = int | float | None
Form = Literal["line", "stack", "bars", "burn"]
"""A line beside that of the window before; parts on top of each other; bars beside those of the window before;
what remains of something, and what will."""

MOST_ROWS = 750
"""Of the table with the numbers of the chart: a month by the hour. Files have all."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A row of values of a chart.

    Attributes:
        key: By which files name it: a metric's system name, a response code, an application's id.
        colour: The name of a colour in tokens.css.
        values: One for each place of the chart; None where there can be none.
        previous: The same of the window that is compared with.
        url: What shows it alone; '' for none.
        names: What files tell of it besides its key.
    """

    key: str
    name: str
    colour: str
    values: Sequence[Value]
    previous: Sequence[Value] = ()
    url: str = ""
    names: tuple[str, ...] = ()

    @property
    def total(self) -> Value:
        return sum(value for value in self.values if value is not None)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is nothing to show: a sentence, and a link where one helps."""

    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A number above the chart.

    Attributes:
        change: Shown in the number's place, if it is one.
    """

    title: str
    number: str = ""
    note: str = ""
    change: Change | None = None
    is_change: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """
    Attributes:
        number: Whether it holds numbers, which are aligned on the digit.
        wide: Whether narrow screens leave it out.
        hidden: Whether only screen readers are told its label.
    """

    label: str
    number: bool = False
    wide: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """
    Attributes:
        small: What stands behind it, in small letters.
        colour: Of the mark before it: that of its curve; '' for none.
        bar: A share as a bar, 0 to 100; '' for none.
        change: In place of a text.
        is_change: Whether it is one, even if there was nothing to compare with.
    """

    text: str = ""
    url: str = ""
    small: str = ""
    muted: bool = False
    colour: str = ""
    bar: str = ""
    change: Change | None = None
    is_change: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds.

    Attributes:
        part: How the URL names it; '' for the chart's.
        rows: Made as the file is written.
    """

    part: str
    columns: tuple[FileColumn, ...]
    rows: Callable[[], Iterator[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Table:
    """
    Attributes:
        part: The file with the same; '' if the chart's has it.
        foot: Its last lines, with the totals.
        note: What is said below it.
        more_url: The page with the next rows; '' if there are none.
    """

    title: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]
    foot: list[list[Cell]] | None = None
    part: str = ""
    note: str = ""
    previous_url: str = ""
    more_url: str = ""


@dataclass
class Report:
    """
    Attributes:
        title: Of the chart: 'Hits per hour'.
        unit: Of its numbers, in the plural.
        frame: Of when; None where it has no time frame of people's choice.
        place: What a place of the chart is: 'Hour from', 'Day of the week'.
        labels: Of the places, in full; ticks: as the axis has them.
        drills: For each place the address that shows it closer; '' for none.
        edges: For each place when it begins, and when the last ends, UTC seconds; empty: one cannot zoom in.
        unfinished: Whether the last place goes on.
        what: What is counted: 'Hits'.
        series: The same, as the history names it.
        hidden_by: What of the question hides data, where there is none.
        dimension: What tells the curves apart in files, and what its further names are; () for one curve.
        lines: All curves for the file, where they are more than are drawn.
        sheets: Files of the tables, by part; '' for the chart's where it is no row of buckets.
        summary: The end of the sentence that tells the chart to those who do not see it.
        file: The name of its picture, without the ending.
        totals: Whether the sums of the curves mean something.
        choices: What else the page lets choose: value, label, whether it is chosen.
        nothing: What is said above the reasons where there is no data; '' for the usual.
        shows_nothing: Whether a chart of zeros says something.
        marks: Moments to be drawn on it.
    """

    title: str
    unit: str
    frame: TimeFrame
    form: Form
    curves: list[Curve]
    place: str
    labels: list[str]
    ticks: list[str]
    tiles: list[Tile] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    drills: list[str] = field(default_factory=list)
    edges: tuple[int, ...] = ()
    unfinished: bool = False
    dimension: tuple[str, ...] = ()
    lines: Callable[[], Iterator[Curve]] | None = None
    sheets: dict[str, Sheet] = field(default_factory=dict)
    what: str = ""
    series: tuple[str, ...] = ()
    hidden_by: list[Reason] = field(default_factory=list)
    summary: str = ""
    file: str = ""
    totals: bool = True
    choices: list[tuple[str, str, bool]] = field(default_factory=list)
    nothing: str = ""
    shows_nothing: bool = False
    marks: list[Mark] = field(default_factory=list)

    @property
    def range(self) -> str:
        return buckets.span(self.frame.window)

    @property
    def zone(self) -> str:
        window = self.frame.window
        return zone_name(window.zone.at(window.last_s), window.zone.name)

    @property
    def is_empty(self) -> bool:
        return not self.shows_nothing and not any(any(curve.values) for curve in self.curves)

    @property
    def bucket(self) -> str:
        """What a bucket is called: 'hour'."""
        return buckets.bucket_name(self.frame.window)

    @property
    def left_out(self) -> str:
        """How many places the table with the numbers leaves out, in words; '' for none."""
        more = len(self.labels) - MOST_ROWS
        return f"{count(more)} more are in the files above." if more > 0 else ""

    @property
    def compared(self) -> bool:
        """Whether the chart has the window before, too."""
        return self.frame.compare is not None and self.form in ("line", "bars")

    @property
    def sentence(self) -> str:
        """The chart in one sentence, for those who do not see it."""
        return f"{self.title}, {self.range}: {self.summary}"

    @property
    def columns(self) -> list[Column]:
        """Of the table with the numbers of the chart."""
        names = [Column(curve.name, number=True) for curve in self.curves]
        before = [Column(self.frame.before_title, number=True)] if self._shows_before else []
        return [Column(self.place), *names, *before]

    @property
    def rows(self) -> Iterator[list[Cell]]:
        """Of the table with the numbers of the chart."""
        drills = self.drills or [""] * len(self.labels)
        for index, label in enumerate(self.labels[:MOST_ROWS]):
            cells = [Cell(shown(at(curve.values, index))) for curve in self.curves]
            if self._shows_before:
                cells.append(Cell(shown(at(self.curves[0].previous, index)), muted=True))
            yield [Cell(label, drills[index]), *cells]

    @property
    def foot(self) -> list[list[Cell]]:
        """The totals of that table; empty where they would mean nothing."""
        if not self.totals:
            return []
        cells = [Cell(shown(curve.total)) for curve in self.curves]
        if self._shows_before:
            cells.append(Cell(shown(sum(v for v in self.curves[0].previous if v is not None))))
        return [[Cell("Total"), *cells]]

    @property
    def _shows_before(self) -> bool:
        return self.compared and len(self.curves) == 1

    @property
    def chart(self) -> dict[str, Any]:
        """What chart.js draws."""
        return {
            "marks": [mark._asdict() for mark in self.marks],
            "form": self.form,
            "title": self.title,
            "subtitle": f"{self.range}, {self.zone}",
            "file": self.file,
            "unit": self.unit,
            "previous_name": self.frame.before_title,
            "labels": self.labels,
            "ticks": self.ticks,
            "unfinished": self.unfinished,
            "drills": self.drills,
            "edges": self.edges,
            "curves": [
                {
                    "key": curve.key,
                    "name": curve.name,
                    "colour": curve.colour,
                    "values": curve.values,
                    "previous": list(curve.previous[: len(self.labels)]) if self.compared else [],
                }
                for curve in self.curves
            ],
        }


def at(values: Sequence[Value], index: int) -> Value:
    """None beyond the end: the window before may have fewer buckets."""
    return values[index] if index < len(values) else None


def shown(value: Value) -> str:
    """A number as people read it; a dash for none."""
    if value is None:
        return "\N{EN DASH}"
    return count(value) if isinstance(value, int) else decimal(value)


def total_tile(total: int, unit: str) -> Tile:
    return Tile("Total", count(total), unit)


def change_tile(frame: TimeFrame, total: int, previous: int) -> Tile | None:
    """None where nothing is compared."""
    if frame.compare is None:
        return None
    note = f"from {count(previous)}" if previous else "nothing then"
    return Tile(f"Against the {frame.before}", "", note, change(total, previous), is_change=True)


def share(value: int, total: int) -> tuple[float, str]:
    """Percent; and the same cut to what can be drawn: 0 to 100."""
    percent = value / total * 100 if total else 0.0
    return percent, f"{min(max(percent, 0), 100):.2f}"
