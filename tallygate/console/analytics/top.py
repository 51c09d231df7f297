"""Who used most, of exactly the window that was asked for: the greatest each, the others as one, together all that was counted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, zip_longest

from tallygate.api.v1.tables import Column as FileColumn
from tallygate.console.analytics import buckets, colours
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.kind import Kind
from tallygate.console.analytics.plotted import bucketed
from tallygate.console.analytics.ranked import APPLICATIONS, PRODUCTS, Item, Ranked
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
    shown,
    total_tile,
)
from tallygate.console.analytics.subjects import Subject
from tallygate.console.change import change
from tallygate.console.curl import Api, Command
from tallygate.console.wording import count, counted, percent, plural
from tallygate.history import Answer, Compare, Line, Place, Question, Ranking
from tallygate.web import runtime

DEFAULT, MOST = 10, 10_000
_MOST_OF_API = 1_000
"""Lines that the Analytics API gives at once."""
PER_PAGE = 100
_FILE_AT_ONCE = 100
"""Lines of a file that are asked for together."""
_NUMBERS = (
    Column("Total", number=True), Column("Share", number=True), Column("Change", number=True),
    Column("Share as a bar", wide=True, hidden=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """What the history says, of one moment.

    Attributes:
        places: All that were asked for, the greatest first.
        first: Those that are drawn.
        drawn: Their lines.
        whole: All that was counted, as one line.
    """

    places: list[Place]
    first: list[Item]
    drawn: dict[tuple[str, ...], Line]
    whole: Answer


def build(asked: Asked, ranked: Ranked, default: int = DEFAULT) -> Report:
    """The `top` greatest, page by page.

    Args:
        default: How many unless a number is asked for.
    """
    found = _found(asked, ranked, asked.number("top", default, MOST))
    bucket = buckets.bucket_name(asked.frame.window)
    measure = asked.measure
    title = f"{measure.name} by {ranked.noun} per {bucket}"
    curves = list(_curves(found, ranked))
    report = bucketed(asked, title, plural(measure.unit), "stack", curves)
    report.dimension = ranked.dimension(asked)
    report.lines = partial(_all, asked, ranked, found.places)
    report.tiles = list(_tiles(asked, ranked, found, report.unit))
    report.summary = _summary(found)
    if found.places:
        report.tables = [_table(asked, ranked, found, curves)]
        report.sheets[ranked.plural] = _sheet(asked, ranked, found.places)
    return report


def calls(asked: Asked, api: Api, ranked: Ranked, default: int = DEFAULT) -> Sequence[Command]:
    """The same lines."""
    metrics = asked.measure.metrics
    metric = metrics[0].system_name if metrics else asked.measure.key
    given = {**asked.subject.v1, "metric": metric, "split": ranked.noun}
    if asked.subject.product is None and len(metrics) == 1 and metrics[0].product_id:
        given["product"] = str(metrics[0].product_id)
    most = asked.number("top", default, MOST)
    if most <= _MOST_OF_API:
        given["limit"] = str(most)
    given["granularity"] = asked.frame.window.granularity.value
    return [api.report(f"Read the usage by {ranked.noun}", "usage", given, asked.frame.window)]


TOP_APPLICATIONS = Kind(
    "top-applications", "Top applications",
    partial(build, ranked=APPLICATIONS), partial(calls, ranked=APPLICATIONS),
    names=("metric", "top", "page"), frame="30d", many="applications",
)  # fmt: skip
TOP_PRODUCTS = Kind(
    "top-products", "Top products",
    partial(build, ranked=PRODUCTS), partial(calls, ranked=PRODUCTS),
    names=("metric", "top", "page"), frame="30d", many="products",
)  # fmt: skip
APPLICATIONS_OF_ACCOUNT = Kind(
    "traffic", "Traffic by application",
    partial(build, ranked=APPLICATIONS, default=MOST), partial(calls, ranked=APPLICATIONS, default=MOST),
    names=("metric", "page"), frame="30d",
)  # fmt: skip


def _found(asked: Asked, ranked: Ranked, most: int) -> _Found:
    frame, subject, series = asked.frame, asked.subject, asked.measure.series
    question = subject.question(series, frame.window, split=ranked.split, compare=frame.compare)
    if subject.named_in is not None:
        question = replace(question, product=subject.named_in)
    with runtime.history().snapshot() as snapshot:
        places = snapshot.rank(Ranking(question, most=most, least=1))
        first = places[: len(colours.PALETTE)]
        lines = snapshot.ask(_lines(asked, ranked, (place.names for place in first))).lines
        whole = snapshot.ask(subject.question(series, frame.window, compare=frame.compare))
    places += _silent(subject, {place.names for place in places})
    return _Found(places, ranked.items(asked, first), _by_names(lines), whole)


def _silent(subject: Subject, used: set[tuple[str, ...]]) -> list[Place]:
    """The applications of an account that were not used: of a consumer all are told."""
    consumers = subject.among or ()
    return [Place(tuple(each), 0, 0) for each in consumers if tuple(each) not in used]


def _lines(
    asked: Asked, ranked: Ranked, names: Iterable[tuple[str, ...]], compare: Compare | None = None
) -> Question:
    """For some of the lines alone."""
    return asked.subject.question(
        asked.measure.series, asked.frame.window,
        split=ranked.split, only=tuple(names), compare=compare,
    )  # fmt: skip


def _by_names(lines: Iterable[Line]) -> dict[tuple[str, ...], Line]:
    return {
        tuple(name for name in (line.product, line.application) if name is not None): line
        for line in lines
    }


def _curves(found: _Found, ranked: Ranked) -> Iterator[Curve]:
    """Of the greatest, in their order, and of the others."""
    rest = list(found.whole.values)
    for item, colour in zip(found.first, _told_apart(found.first), strict=True):
        values = found.drawn[item.place.names].values
        rest = [left - value for left, value in zip(rest, values, strict=True)]
        yield Curve(item.key, item.title, colour, values, url=item.url, names=item.names)
    if any(rest):
        yield Curve("other", f"Other {ranked.plural}", colours.OTHER, rest)


def _told_apart(items: Sequence[Item]) -> list[str]:
    """A colour each. What exists no more has a number that none has."""
    numbers = [item.number or -index for index, item in enumerate(items, 1)]
    found = colours.told_apart(numbers)
    return [found[number] for number in numbers]


def _named(asked: Asked, ranked: Ranked, places: Sequence[Place]) -> Iterator[list[Item]]:
    """All of them, some at a time."""
    for start in range(0, len(places), _FILE_AT_ONCE):
        yield ranked.items(asked, places[start : start + _FILE_AT_ONCE])


def _all(asked: Asked, ranked: Ranked, places: Sequence[Place]) -> Iterator[Curve]:
    """The lines of all for the file, some at a time."""
    compare, window = asked.frame.compare, asked.frame.window
    compared = _lines(asked, ranked, (), compare).compared_with()
    for some in _named(asked, ranked, places):
        question = _lines(asked, ranked, (item.place.names for item in some), compare)
        lines = _by_names(asked.ask(question).lines)
        for item in some:
            line = lines.get(item.place.names)  # none if not used, or forgotten meanwhile
            values = line.values if line else (0,) * len(window)
            previous = line.previous_values if line else (0,) * len(compared or ())
            yield Curve(item.key, item.title, "", values, previous, names=item.names)


def _tiles(asked: Asked, ranked: Ranked, found: _Found, unit: str) -> Iterator[Tile]:
    whole, top = found.whole, sum(place.total for place in found.places)
    yield total_tile(whole.total, unit)
    against = change_tile(asked.frame, whole.total, whole.previous_total)
    if against:
        yield against
    if not found.first:
        return
    if asked.subject.among is None:
        portion = percent(share(top, whole.total)[0])
        yield Tile(f"In the top {count(len(found.places))}", portion, f"{count(top)} {unit}")
    else:
        used = sum(place.total > 0 for place in found.places)
        yield Tile(
            f"{ranked.plural.capitalize()} used", count(used), f"of {count(len(found.places))}"
        )
    first = found.first[0]
    portion = percent(share(first.place.total, whole.total)[0])
    yield Tile(f"The top {ranked.noun}", portion, first.title)


def _summary(found: _Found) -> str:
    said = [f"{item.title}: {count(item.place.total)}" for item in found.first[:3]]
    return f"{count(found.whole.total)} in all; {', '.join(said) or 'nobody'}."


def _table(asked: Asked, ranked: Ranked, found: _Found, curves: Sequence[Curve]) -> Table:
    last_page = (len(found.places) - 1) // PER_PAGE + 1
    page = min(asked.number("page", 1, MOST // PER_PAGE), last_page)
    start = (page - 1) * PER_PAGE
    items = ranked.items(asked, found.places[start : start + PER_PAGE])
    marks = [curve.colour for curve in curves if curve.colour != colours.OTHER] if start == 0 else []  # fmt: skip
    rows = [
        _row(item, mark, found.whole.total)
        for item, mark in zip_longest(items, marks[: len(items)], fillvalue="")
    ]
    note = counted(len(found.places), ranked.noun)
    if last_page > 1:
        note = f"{count(start + 1)} to {count(start + len(items))} of {note}"
    return Table(
        f"The {ranked.plural} with the most {asked.measure.name}",
        (Column(ranked.noun.capitalize()), *ranked.details(asked).values(), *_NUMBERS),
        rows,
        part=ranked.plural,
        note=note,
        previous_url=asked.url(page=str(page - 1)) if page > 1 else "",
        more_url=asked.url(page=str(page + 1)) if page < last_page else "",
    )


def _row(item: Item, colour: str, total: int) -> list[Cell]:
    place = item.place
    portion, bar = share(place.total, total)
    return [
        Cell(item.title, item.url, colour=colour),
        *item.cells,
        Cell(count(place.total)),
        Cell(percent(portion) if total else shown(None)),
        Cell(change=change(place.total, place.previous_total), is_change=True),
        Cell(bar=bar),
    ]


def _sheet(asked: Asked, ranked: Ranked, places: Sequence[Place]) -> Sheet:
    columns = (
        FileColumn("rank", "whole"), *map(FileColumn, ranked.dimension(asked)),
        FileColumn("total", "whole"), FileColumn("previous_total", "whole"),
    )  # fmt: skip

    def rows() -> Iterator[tuple[object, ...]]:
        items = chain.from_iterable(_named(asked, ranked, places))
        for rank, item in enumerate(items, 1):
            yield rank, item.key, *item.names, item.place.total, item.place.previous_total

    return Sheet(ranked.plural, columns, rows)
