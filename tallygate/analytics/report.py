"""The answer to a question: how much of what, by whom, bucket by bucket, with totals over everybody.

    query = Query(frame, scope, measures, by)        from `frame.read`, `scope.read`, `counted.read`
    with history.snapshot() as now:
        report = answer(now, query, Page(limit=10))

Lines come by key, a key being what they are split by: an application, a plan of a product, nothing. Keys are ranked by the
query's first metric, over exactly the window; the next page begins behind `Report.last`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tallygate.analytics.counted import Counted, Measures
from tallygate.analytics.frame import Frame
from tallygate.analytics.keys import Key, Keys
from tallygate.analytics.scope import Scope
from tallygate.domain.calendar import Window
from tallygate.domain.errors import QuestionError
from tallygate.history import Order, Place, Question, Ranking, Snapshot, change_percent

MOST_VALUES = 2_000_000
"""In one page: what is more takes longer to read than anybody waits."""

OPTIONAL_LINES = 20
"""Of response codes and methods, so many are taken to come up with one application or the like."""


@dataclass(frozen=True)
class Query:
    """What is asked.

    Attributes:
        by: Of `keys.SPLITS`: a key for each of these.
        order: Which keys come first; 'growth' and 'silence' need a frame that compares.
    """

    frame: Frame
    scope: Scope
    measures: Measures
    by: tuple[str, ...] = ()
    order: Order = "total"


@dataclass(frozen=True, slots=True)
class Page:
    """Which keys.

    Attributes:
        limit: So many at most.
        after: Behind this one; None: from the first.
    """

    limit: int
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was counted, of one key.

    Attributes:
        values: One for each bucket as shown.
        previous_values: One for each bucket that they are compared with; empty if they are not.
    """

    counted: Counted
    key: Key
    values: tuple[int, ...]
    previous_values: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.values)

    @property
    def previous_total(self) -> int:
        return sum(self.previous_values)

    @property
    def change(self) -> float:
        """In percent of before."""
        return change_percent(self.total, self.previous_total)

    @property
    def is_empty(self) -> bool:
        return not (any(self.values) or any(self.previous_values))


@dataclass(frozen=True, slots=True)
class Report:
    """
    Attributes:
        window: Its buckets as shown: one, if the frame says so.
        previous: The window that it is compared with, likewise; None if there is none.
        lines: Key by key, in the order of what is counted.
        totals: Of each thing that is counted, over all keys, those on other pages too.
        last: The last key of this page, if there are more.
        complete_until_s: All that was acknowledged before this second is in the numbers.
    """

    window: Window
    previous: Window | None
    lines: tuple[Line, ...]
    totals: tuple[Line, ...]
    last: Place | None
    complete_until_s: int


def answer(now: Snapshot, query: Query, page: Page) -> Report:
    """One page of the answer, of the history as it stands.

    Raises:
        QuestionError: It cannot be answered; the message says why.
        HistoryUnavailable: The engine cannot answer now.
    """
    window, previous = query.frame.window, query.frame.previous
    page = replace(page, limit=min(page.limit, _most_keys(query)))
    keys = Keys(query.scope, query.by)
    question = _question(query)
    is_total = query.frame.is_total
    totals = _lines(query, _found(now, question, is_total), [((), Key())])
    lines, last = totals, None
    if query.by:
        places, last = _places(now, query, keys, page)
        asked = replace(
            question,
            split=("series", *keys.split),
            groups=keys.groups,
            only=tuple(place.names for place in places),
        )
        told = is_total and query.measures.is_one
        found = _ranked(query, places) if told else _found(now, asked, is_total)
        named = keys.named([place.names for place in places])
        lines = _lines(query, found, named) if places else ()
    return Report(
        _shown(window, query.frame),
        None if previous is None else _shown(previous, query.frame),
        lines,
        totals,
        last,
        now.complete_until_s,
    )


def _most_keys(query: Query) -> int:
    """How many keys' values are as many as a page may have; of what is optional not all comes up."""
    buckets = 1 if query.frame.is_total else len(query.frame.window)
    optional = sum(each.optional for each in query.measures.counted)
    lines = len(query.measures.counted) - optional + min(optional, OPTIONAL_LINES)
    values = max(lines * buckets * (1 if query.frame.compare is None else 2), 1)
    if values > MOST_VALUES:
        raise QuestionError("These are too many values; ask for longer buckets or fewer metrics")
    return MOST_VALUES // values


def _question(query: Query) -> Question:
    """What is counted of everybody in the scope."""
    scope = query.scope
    return Question(
        query.measures.series,
        query.frame.window,
        scope.service_ids,
        among=scope.among,
        compare=query.frame.compare,
    )


def _places(
    now: Snapshot, query: Query, keys: Keys, page: Page
) -> tuple[list[Place], Place | None]:
    """The page's keys, and the last of them if there are more behind it."""
    question = replace(_question(query), split=keys.split, groups=keys.groups)
    ranking = Ranking(
        question, query.order, page.limit + 1, after=page.after, by=query.measures.first
    )
    places = now.rank(ranking)
    if len(places) <= page.limit:
        return places, None
    return places[: page.limit], places[page.limit - 1]


_Found = Iterable[tuple[tuple[str, ...], str, Sequence[int], Sequence[int]]]
"""Names of the key, a series, its values and those before."""


def _found(now: Snapshot, question: Question, is_total: bool) -> _Found:
    """What the history has: bucket by bucket, or as one, which is less work."""
    if is_total:
        for place in now.rank(Ranking(question)):
            series, *names = place.names
            before = () if question.compare is None else (place.previous_total,)
            yield tuple(names), series, (place.total,), before
        return
    for each in now.ask(question).lines:
        given = (each.product, each.application, each.group)
        names = [name for name in given if name is not None]
        yield tuple(names), each.series or "", each.values, each.previous_values


def _ranked(query: Query, places: Iterable[Place]) -> _Found:
    """The same where the ranking has told it already."""
    for place in places:
        before = () if query.frame.compare is None else (place.previous_total,)
        yield place.names, query.measures.series[0], (place.total,), before


def _lines(
    query: Query, found: _Found, named: Sequence[tuple[tuple[str, ...], Key]]
) -> tuple[Line, ...]:
    """Of these keys, each with its names in the history."""
    counted, frame = query.measures.counted, query.frame
    sums = _Sums(counted)
    for names, series, values, before in found:
        sums.add(names, series, values, before)
    buckets = 1 if frame.is_total else len(frame.window)
    previous_buckets = buckets if frame.previous is not None else 0
    lines = []
    for of, key in named:
        for number, one in enumerate(counted):
            if not sums.has(of, number) and (one.optional or key != Key()):
                continue  # of five hundred response codes few come up
            values, before = sums.of(of, number, buckets, previous_buckets)
            line = Line(one, key, tuple(values), tuple(before))
            if not (line.is_empty and (one.optional or key != Key())):
                lines.append(line)
    return tuple(lines)


class _Sums:
    """What was counted, by key: the history's series put together."""

    def __init__(self, counted: Sequence[Counted]) -> None:
        self._sums: dict[tuple[tuple[str, ...], int], tuple[list[int], list[int]]] = {}
        self._places: dict[str, list[tuple[int, int]]] = {}
        for number, one in enumerate(counted):
            without = frozenset(one.without)
            for series in one.series:
                sign = -1 if series in without else 1
                self._places.setdefault(series, []).append((number, sign))

    def add(
        self, key: tuple[str, ...], series: str, values: Sequence[int], before: Sequence[int]
    ) -> None:
        for number, sign in self._places[series]:
            sums = self._sums.get((key, number))
            if sums is None:
                sums = self._sums[key, number] = ([0] * len(values), [0] * len(before))
            for found, added in zip(sums, (values, before), strict=True):
                if any(added):
                    found[:] = [a + sign * b for a, b in zip(found, added, strict=True)]

    def has(self, key: tuple[str, ...], number: int) -> bool:
        return (key, number) in self._sums

    def of(
        self, key: tuple[str, ...], number: int, buckets: int, previous_buckets: int
    ) -> tuple[list[int], list[int]]:
        return self._sums.get((key, number)) or ([0] * buckets, [0] * previous_buckets)


def _shown(window: Window, frame: Frame) -> Window:
    if not frame.is_total:
        return window
    return replace(window, edges_s=(window.edges_s[0], window.edges_s[-1]))
