"""The numbers of a report: a fixed number of questions, of one state of the history, so that they add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tallygate.analytics.consumers import known
from tallygate.catalog.models import Application, ApplicationPlan
from tallygate.history import (
    Consumer,
    Line,
    Order,
    Place,
    Question,
    Ranking,
    Snapshot,
    change_percent,
    code_series,
)
from tallygate.history.series import CODES
from tallygate.reports.about import About

LINES = 5
"""So many are named in each list."""
PARTS = 50
"""So many metrics, or products, are named."""
NEWCOMERS = 10

_CODES = tuple(code_series(code) for code in CODES)


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that was counted.

    Attributes:
        name: A metric, a product, an application or a response code.
        note: What stands beside the name: unit, account, product.
        child: Whether it is part of the one above it: a method of hits.
    """

    name: str
    total: int
    previous: int
    note: str = ""
    child: bool = False

    @property
    def change(self) -> float:
        """In percent, as the Analytics API tells it."""
        return change_percent(self.total, self.previous)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An application or a plan that was made in the period."""

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What callers did wrong.

    Attributes:
        count: How often, since it was seen first.
        last_s: When it came last.
    """

    message: str
    product: str
    count: int
    last_s: int


@dataclass(frozen=True)
class Figures:
    """
    Attributes:
        hits: All of them, bucket by bucket.
        parts: The metrics and methods of a product; of all products each product's hits.
        parts_left: How many more there are.
        top, growing, silent: Applications with most hits, with more than before, and with none any more.
        codes: Calls by response code, most first; the total is that of the calls with a reported code.
        applications, plans: Those that are new.
        problems: Integration errors that came in the period.
        complete_until_s: All that was acknowledged before this second is in the numbers.
    """

    about: About
    hits: Line
    parts: list[Counted]
    parts_left: int
    top: list[Counted]
    growing: list[Counted]
    silent: list[Counted]
    codes: list[Counted]
    applications: list[Newcomer]
    plans: list[Newcomer]
    complete_until_s: int
    problems: list[Problem] = field(default_factory=list)

    @property
    def total(self) -> Counted:
        return Counted("Hits", self.hits.total, self.hits.previous_total)

    @property
    def answered(self) -> int:
        """Calls of which the response code is known."""
        return sum(each.total for each in self.codes)

    @property
    def failed(self) -> int:
        """Of these, those with a code from 400 on."""
        return sum(each.total for each in self.codes if each.name[0] in "45")


def ask(snapshot: Snapshot, about: About) -> Figures:
    """All of it.

    Raises:
        HistoryUnavailable: The history cannot answer now.
    """
    window = about.window
    total = Question(about.hits, window, split=(), compare="previous")
    consumers = Question(
        about.hits,
        window,
        tuple(about.products),
        split=("product", "application"),
        compare="previous",
    )
    orders: tuple[Order, ...] = ("total", "growth", "silence")
    places = [_first(snapshot, consumers, order) for order in orders]
    records = known(Consumer(*place.names) for part in places for place in part)
    top, growing, silent = [[_consumer(about, each, records) for each in part] for part in places]
    parts = _parts(snapshot, about)
    return Figures(
        about,
        snapshot.ask(total).lines[0],
        parts[:PARTS],
        max(len(parts) - PARTS, 0),
        top,
        growing,
        silent,
        _codes(snapshot, about),
        _applications(about),
        _plans(about),
        snapshot.complete_until_s,
    )


def _first(snapshot: Snapshot, question: Question, order: Order) -> list[Place]:
    """Of the greatest those only that were counted in the window itself."""
    least = 1 if order == "total" else None
    return snapshot.rank(Ranking(question, order, most=LINES, least=least))


def _consumer(about: About, place: Place, records: dict[Consumer, Application]) -> Counted:
    consumer = Consumer(*place.names)
    record = records.get(consumer)
    name = record.name if record else f"{consumer.application} (deleted)"
    notes = [record.account.org_name] if record else []
    if about.product is None:
        notes.append(about.products[consumer.product].name)
    return Counted(name, place.total, place.previous_total, " · ".join(notes))


def _parts(snapshot: Snapshot, about: About) -> list[Counted]:
    if about.product is None:
        question = Question(about.hits, about.window, split=("product",), compare="previous")
        places = {each.names[0]: each for each in snapshot.rank(Ranking(question))}
        found = [_of_product(about, key, places.get(key)) for key in about.products]
        return sorted(found, key=lambda each: (-each.total, -each.previous))
    question = Question(
        tuple(about.metrics), about.window, about.product.service_id, compare="previous"
    )
    lines = {line.series: line for line in snapshot.ask(question).lines}
    return [
        Counted(
            metric.friendly_name,
            lines[series].total,
            lines[series].previous_total,
            metric.system_name,
            child=metric.parent_id is not None,
        )
        for series, metric in about.metrics.items()
    ]


def _of_product(about: About, key: str, place: Place | None) -> Counted:
    total, previous = (place.total, place.previous_total) if place else (0, 0)
    return Counted(about.products[key].name, total, previous, about.products[key].system_name)


def _codes(snapshot: Snapshot, about: About) -> list[Counted]:
    question = Question(_CODES, about.window, tuple(about.products), compare="previous")
    return [
        Counted(each.names[0].removeprefix("c:"), each.total, each.previous_total)
        for each in snapshot.rank(Ranking(question))
        if each.total
    ]


def _applications(about: About) -> list[Newcomer]:
    found = Application.objects.filter(
        product__in=_keys(about), created_at__range=_range(about)
    ).select_related("account", "plan", "product")
    return [
        Newcomer(
            each.name, _noted(about, [each.account.org_name, each.plan.name], each.product.name)
        )
        for each in found.order_by("-pk")[:NEWCOMERS]
    ]


def _plans(about: About) -> list[Newcomer]:
    found = ApplicationPlan.objects.filter(
        product__in=_keys(about), created_at__range=_range(about)
    ).select_related("product")
    return [
        Newcomer(each.name, _noted(about, [each.state], each.product.name))
        for each in found.order_by("-pk")[:NEWCOMERS]
    ]


def _keys(about: About) -> Sequence[int]:
    return [each.pk for each in about.products.values()]


def _noted(about: About, notes: Iterable[str], product: str) -> str:
    return " · ".join([*notes, *([] if about.product else [product])])


def _range(about: About) -> tuple[datetime, datetime]:
    window = about.window
    return datetime.fromtimestamp(window.since_s, UTC), datetime.fromtimestamp(window.last_s, UTC)
