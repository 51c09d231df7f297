"""The one query function: a Question gives an Answer. Pages, JSON and CSV only format Answers."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from tallygate.domain.calendar import Granularity, Window
from tallygate.history.answer import Answer, Line
from tallygate.history.engine import Engine
from tallygate.history.question import Consumer, Question
from tallygate.history.ranking import Ranking, rank
from tallygate.history.schema import MINUTE, QUARTER
from tallygate.history.selection import Names, Selection

RUNS_AT_ONCE = 32
"""Of how many runs one statement tells the buckets: each row is compared with the ends of all of them."""


_Sums = dict[Names, list[int]]


def ask(
    engine: Engine, question: Question, complete_until_s: int, minutes_since_s: int = 0
) -> Answer:
    """Answers from what is in the tables.

    Args:
        minutes_since_s: From when on usage by minute is kept.

    Raises:
        QuestionError: It cannot be answered; the message says why.
        HistoryUnavailable: The engine cannot answer now.
    """
    window, before = question.window, question.compared_with()
    found: _Sums = {}
    if question.series and len(window):
        asked = _Asked(engine, question, minutes_since_s)
        asked.keep_greatest()
        if before is None:
            found = asked.sums(window.edges_s)
        elif before.edges_s[-1] == window.since_s:
            found = asked.sums(before.edges_s + window.edges_s[1:])
        else:
            found = _joined(asked.sums(before.edges_s), before, asked.sums(window.edges_s), window)
    count = len(before) if before is not None else 0
    named = _named(question, found, count + len(window), len(window))
    lines = tuple(Line(*names, tuple(sums[count:]), tuple(sums[:count])) for names, sums in named)
    return Answer(window, before, lines, complete_until_s)


def _joined(left: _Sums, before: Window, right: _Sums, window: Window) -> _Sums:
    """The values of the window behind those of the one before."""
    return {
        names: [*left.get(names, [0] * len(before)), *right.get(names, [0] * len(window))]
        for names in {**left, **right}
    }


def last_hit_s(
    engine: Engine,
    product: str | tuple[str, ...] | None,
    series: Sequence[str],
    among: tuple[Consumer, ...] | None = None,
) -> int | None:
    """When any of these was last counted: the first second of its minute, or of its quarter of an
    hour where usage by minute is no longer kept; None if never.

    Args:
        product: Of a product, or of several; None: of any.
        among: Of these applications; None: of any.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    if not series or product == () or among == ():
        return None
    conditions = ["series IN {series}", "value > 0"]
    if product is not None:
        conditions.append("product IN {products}")
    conditions.append(
        "application = ''"
        if among is None
        else "application != '' AND (product, application) IN {among}"
    )
    for table in (MINUTE, QUARTER):
        rows = engine.query(
            f"SELECT max(t), count() FROM {table.name} WHERE {' AND '.join(conditions)}",
            series=tuple(series),
            products=(product,) if isinstance(product, str) else product or (),
            among=among or (),
        )
        if rows[0][1]:
            return int(rows[0][0])
    return None


class _Asked:
    """A question and where its answer is."""

    def __init__(self, engine: Engine, question: Question, minutes_since_s: int) -> None:
        self._engine = engine
        self._question = question
        self._minutes_since_s = minutes_since_s
        self._selected = Selection(question, minutes_since_s)

    def keep_greatest(self) -> None:
        """Where only the `top` lines are wanted: from now on only those with the greatest totals in the window."""
        top, selected = self._question.top, self._selected
        if top is None or not selected.columns:
            return
        greatest = Ranking(replace(self._question, compare=None), most=top)
        places = rank(self._engine, greatest, self._minutes_since_s)
        selected.keep(selected.columns, [place.names for place in places])

    def sums(self, edges: tuple[int, ...]) -> _Sums:
        """The sum in each of the buckets, by the names that the question splits by."""
        selected = self._selected
        table, runs = selected.table(edges), _runs(edges)
        found: _Sums = {}
        for start in range(0, len(runs), RUNS_AT_ONCE):
            part = runs[start : start + RUNS_AT_ONCE]
            bucket = _bucket(self._question.window, part)
            columns = ", ".join(filter(None, [selected.expressions, bucket]))
            span = selected.span((part[0].begin, part[-1].end))
            rows = self._engine.query(
                f"SELECT {columns}, sum(value) FROM {table.name}"
                f" WHERE {selected.where(span)} GROUP BY {columns}",
                **selected.values,
            )
            for *key, index, value in rows:
                names = Names(**dict(zip(selected.columns, key, strict=True)))
                found.setdefault(names, [0] * (len(edges) - 1))[index] += value
        return found


class _Run(NamedTuple):
    """Buckets of one length in a row, the first of them being number `first`."""

    first: int
    begin: int
    step: int
    end: int


def _runs(edges: tuple[int, ...]) -> list[_Run]:
    runs: list[_Run] = []
    for index, (begin, end) in enumerate(pairwise(edges)):
        if runs and runs[-1].step == end - begin:
            runs[-1] = runs[-1]._replace(end=end)
        else:
            runs.append(_Run(index, begin, end - begin, end))
    return runs


def _bucket(window: Window, runs: list[_Run]) -> str:
    """The index of the bucket that holds `t`, as SQL.

    A run is one division: even 10,000 hours are a few comparisons.
    """
    if window.granularity is Granularity.ETERNITY:
        return "toInt64(0)"
    terms = [f"{run.first} + intDiv(t - {run.begin}, {run.step})" for run in runs]
    if len(runs) == 1:
        return terms[0]
    branches = [f"t < {run.end}, {term}" for run, term in zip(runs[:-1], terms[:-1], strict=True)]
    return f"multiIf({', '.join(branches)}, {terms[-1]})"


def _named(
    question: Question, found: _Sums, buckets: int, shown: int
) -> list[tuple[Names, list[int]]]:
    """The lines in their order, with those that were asked for by name and have nothing.

    Args:
        buckets: How many values a line has; the last `shown` are the window's.
    """
    if question.top is not None and question.split:
        return sorted(found.items(), key=lambda item: (-sum(item[1][buckets - shown :]), item[0]))
    if question.split == ():
        found.setdefault(Names(), [0] * buckets)
    if question.split == ("series",):
        for series in question.series:
            found.setdefault(Names(series), [0] * buckets)
    place = {series: index for index, series in enumerate(question.series)}
    return sorted(found.items(), key=lambda item: (place.get(item[0].series or "", 0), item[0]))
