"""The numbers of an overview: a fixed number of questions, of one state of the history, so that they add up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from tallygate.console.change import Change, change
from tallygate.console.overview.scope import Named, Scope, names
from tallygate.console.sparkline import Sparkline, sparkline
from tallygate.domain.calendar import Window
from tallygate.history import (
    Consumer,
    Line,
    Order,
    Place,
    Question,
    Ranking,
    Snapshot,
    code_series,
)
from tallygate.history.series import CODES

LINES = 8
"""So many products, metrics or applications are named in each list."""
AT_ONCE = 5_000
"""So many applications are ordered here; of more the database gives each order's first."""
ORDERS: tuple[Order, ...] = ("total", "growth", "silence")

_CODES = tuple(code_series(code) for code in CODES)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One of those that stand out.

    Attributes:
        key: Of a product its protocol id, of a metric its series, of an application both of its ids.
        previous: What was counted in the window before.
        spark: Its buckets; of what has fallen silent those of the window before.
    """

    key: str | Consumer
    total: int
    previous: int
    spark: Sparkline

    @property
    def change(self) -> Change | None:
        return change(self.total, self.previous)

    @property
    def gain(self) -> int:
        """How much more than before."""
        return self.total - self.previous


@dataclass(frozen=True, slots=True)
class Answered:
    """How calls were answered, of those whose response code was reported.

    Attributes:
        calls: All of them.
        failed: Those with a code of the classes 4XX and 5XX.
    """

    calls: int
    failed: int

    @property
    def share(self) -> float:
        """The failed in percent of all."""
        return self.failed / self.calls * 100 if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """
    Attributes:
        total: All hits, bucket by bucket.
        parts: The products with most hits; of one product its metrics and methods, by what they counted.
        applications, growing, silent: Those with most hits, with more of them than before, and with none any more.
        named: What the applications of these lists are called.
    """

    total: Line
    parts: list[Ranked]
    applications: list[Ranked]
    growing: list[Ranked]
    silent: list[Ranked]
    answered: Answered
    answered_before: Answered
    named: dict[Consumer, Named]


def ask(snapshot: Snapshot, scope: Scope, window: Window) -> Figures:
    """All of it; how much is read grows with the window, not with what is shown.

    Raises:
        HistoryUnavailable: The history cannot answer now.
    """
    hits = Question(scope.hits, window, split=(), compare="previous")
    consumers = Question(scope.hits, window, split=("product", "application"), compare="previous")
    used, growing, silent = _standing_out(snapshot, scope, consumers)
    lines = _lines(snapshot, consumers, {place.names for place in (*used, *growing, *silent)})
    now, before = _answered(snapshot, scope, window)
    return Figures(
        snapshot.ask(hits).lines[0],
        _parts(snapshot, scope, window),
        _ranked(used, lines),
        _ranked(growing, lines),
        _ranked(silent, lines),
        now,
        before,
        names(scope, lines),
    )


def _standing_out(snapshot: Snapshot, scope: Scope, question: Question) -> list[list[Place]]:
    """The greatest, those that grew most and those that fell silent: one statement where there are not very many."""
    found = snapshot.rank(Ranking(question, most=AT_ONCE))
    if len(found) < AT_ONCE:
        return [_first(found, order) for order in ORDERS]
    return [
        [
            place
            for place in snapshot.rank(Ranking(question, order, most=LINES))
            if _has(place, order)
        ]
        for order in ORDERS
    ]


def _first(places: Sequence[Place], order: Order) -> list[Place]:
    """The first of an order."""
    of_order = [place for place in places if _has(place, order)]
    return nsmallest(LINES, of_order, key=lambda place: (-place.score(order), place.names))


def _has(place: Place, order: Order) -> bool:
    """Whether a line has a place in an order; among the greatest only what was counted in the window itself."""
    if order == "growth":
        return place.total > place.previous_total
    return place.total > 0 if order == "total" else place.total == 0 < place.previous_total


def _lines(
    snapshot: Snapshot, question: Question, only: Iterable[tuple[str, ...]]
) -> dict[Consumer, Line]:
    """The buckets of these applications."""
    asked = Question(
        question.series,
        question.window,
        split=question.split,
        only=tuple(sorted(only)),
        compare="previous",
    )
    return {
        Consumer(line.product or "", line.application or ""): line
        for line in snapshot.ask(asked).lines
    }


def _ranked(places: Iterable[Place], lines: Mapping[Consumer, Line]) -> list[Ranked]:
    found = [(Consumer(*place.names), lines[Consumer(*place.names)]) for place in places]
    return [
        Ranked(consumer, line.total, line.previous_total, _spark(line)) for consumer, line in found
    ]


def _parts(snapshot: Snapshot, scope: Scope, window: Window) -> list[Ranked]:
    if scope.of is None:
        question = Question(scope.hits, window, split=("product",), top=LINES, compare="previous")
        return [
            Ranked(line.product, line.total, line.previous_total, _spark(line))
            for line in snapshot.ask(question).lines
            if line.product in scope.products
        ]
    question = Question(
        tuple(scope.own), window, product=scope.services, top=LINES, compare="previous"
    )
    return [
        Ranked(line.series or "", line.total, line.previous_total, _spark(line))
        for line in snapshot.ask(question).lines
    ]


def _answered(snapshot: Snapshot, scope: Scope, window: Window) -> tuple[Answered, Answered]:
    """In the window, and in the one before."""
    question = Question(_CODES, window, product=scope.services, compare="previous")
    places = snapshot.rank(Ranking(question))
    return (
        _sum([(place.names[0], place.total) for place in places]),
        _sum([(place.names[0], place.previous_total) for place in places]),
    )


def _sum(counted: Sequence[tuple[str, int]]) -> Answered:
    failed = sum(calls for series, calls in counted if series[2] in "45")
    return Answered(sum(calls for _, calls in counted), failed)


def _spark(line: Line) -> Sparkline:
    values = line.values if line.total else line.previous_values
    return sparkline(values if len(values) > 1 else (*values, *values))
