"""The one query function: a Question gives an Answer. Pages, JSON and CSV only format Answers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tallygate.domain.calendar import Granularity, Window
from tallygate.domain.errors import QuestionError
from tallygate.history.answer import Answer, Line
from tallygate.history.engine import Array, Engine, Value
from tallygate.history.question import Question, Split
from tallygate.history.schema import MINUTE, QUARTER, Table
from tallygate.history.series import PAIR

_COLUMNS: tuple[Split, ...] = ("series", "product", "application", "group")
_BETWEEN = "\x1f"
"""Between the ids of a product and of an application: no id has it."""


class _Names(NamedTuple):
    """Of a line; None where the question does not split by it."""

    series: str | None = None
    product: str | None = None
    application: str | None = None
    group: str | None = None


_Sums = dict[_Names, list[int]]


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
    window, before = question.window, _before(question)
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


def _before(question: Question) -> Window | None:
    """What the window is compared with."""
    if question.compare is None:
        return None
    window = question.window
    return window.previous() if question.compare == "previous" else window.year_before()


def _joined(left: _Sums, before: Window, right: _Sums, window: Window) -> _Sums:
    """The values of the window behind those of the one before."""
    return {
        names: [*left.get(names, [0] * len(before)), *right.get(names, [0] * len(window))]
        for names in {**left, **right}
    }


def last_hit_s(engine: Engine, product: str | None, series: Sequence[str]) -> int | None:
    """When any of these was last counted: the first second of its minute, or of its quarter of an
    hour where usage by minute is no longer kept; None if never.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    if not series:
        return None
    of_product = "" if product is None else " AND product = {product}"
    for table in (MINUTE, QUARTER):
        rows = engine.query(
            f"SELECT max(t), count() FROM {table.name}"
            f" WHERE series IN {{series}}{of_product} AND application = '' AND value > 0",
            series=tuple(series),
            product=product or "",
        )
        if rows[0][1]:
            return int(rows[0][0])
    return None


class _Asked:
    """A question on its way into SQL."""

    def __init__(self, engine: Engine, question: Question, minutes_since_s: int) -> None:
        self._engine = engine
        self._question = question
        self._minutes_since_s = minutes_since_s
        self._columns = [each for each in _COLUMNS if each in question.split]
        self._expressions = ", ".join(_expression(question, each) for each in self._columns)
        self._conditions, self._values = _conditions(question)

    def keep_greatest(self) -> None:
        """Where only the `top` lines are wanted: from now on only those with the greatest totals in the window."""
        question = self._question
        if question.top is None or not self._columns:
            return
        edges = question.window.edges_s
        rows = self._engine.query(
            f"SELECT {self._expressions}, sum(value) AS total"
            f" FROM {self._table(edges).name} WHERE {self._where()}"
            f" GROUP BY {self._expressions} HAVING total != 0"
            f" ORDER BY total DESC, {self._expressions} LIMIT {{top}}",
            top=question.top,
            **self._within(edges),
        )
        self._values["keys"] = [tuple(row[:-1]) for row in rows]
        self._conditions.append(f"({self._expressions}) IN {{keys}}" if rows else "0")

    def sums(self, edges: tuple[int, ...]) -> _Sums:
        """The sum in each of the buckets, by the names that the question splits by."""
        bucket = _bucket(self._question.window, edges)
        columns = ", ".join(filter(None, [self._expressions, bucket]))
        rows = self._engine.query(
            f"SELECT {columns}, sum(value) FROM {self._table(edges).name}"
            f" WHERE {self._where()} GROUP BY {columns}",
            **self._within(edges),
        )
        found: _Sums = {}
        for *key, index, value in rows:
            names = _Names(**dict(zip(self._columns, key, strict=True)))
            found.setdefault(names, [0] * (len(edges) - 1))[index] += value
        return found

    def _where(self) -> str:
        endless = self._question.window.granularity is Granularity.ETERNITY
        times = ["t >= {begin}", *([] if endless else ["t < {end}"])]
        return " AND ".join([*self._conditions, *times])

    def _within(self, edges: tuple[int, ...]) -> dict[str, Value]:
        return {**self._values, "begin": edges[0], "end": edges[-1]}

    def _table(self, edges: tuple[int, ...]) -> Table:
        window = self._question.window
        if all(edge % QUARTER.step_s == 0 for edge in edges):
            return QUARTER
        if any(series.startswith(PAIR) for series in self._question.series):
            if window.granularity is Granularity.MINUTE:
                raise QuestionError(
                    "Response codes of a metric are not kept by minute; ask by the hour"
                )
        elif edges[0] >= self._minutes_since_s:
            return MINUTE
        elif window.granularity is Granularity.MINUTE:
            kept = window.zone.iso(self._minutes_since_s)
            raise QuestionError(
                f"Usage by minute is kept since {kept}; ask by the hour before that"
            )
        # Offsets that are no whole quarters ended in 1972: nothing was counted then.
        return QUARTER


def _expression(question: Question, column: Split) -> str:
    """What a column of the answer is, as SQL."""
    if column != "group":
        return column
    if not question.groups:
        return "''"
    return f"transform(concat(product, '{_BETWEEN}', application), {{grouped}}, {{groups}}, '')"


def _conditions(question: Question) -> tuple[list[str], dict[str, Value]]:
    """Which rows a question sums, but for the time, and all values that its SQL names."""
    values: dict[str, Value] = {"series": question.series}
    conditions = ["series IN {series}"]
    if question.product is not None:
        products = question.product
        values["products"] = (products,) if isinstance(products, str) else products
        conditions.append("product IN {products}" if products != () else "0")
    if question.application is not None:
        conditions.append("application = {application}")
        values["application"] = question.application
    elif question.among is not None or not {"application", "group"}.isdisjoint(question.split):
        conditions.append("application != ''")
    else:
        conditions.append("application = ''")
    if question.among is not None:
        # The first is implied by the second; by it the rows are found.
        values["of_products"] = sorted({each.product for each in question.among})
        values["among"] = question.among
        conditions.append(
            "product IN {of_products} AND (product, application) IN {among}"
            if question.among
            else "0"
        )
    if "group" in question.split and question.groups:
        values["grouped"] = Array(_BETWEEN.join(each) for each in question.groups)
        values["groups"] = Array(question.groups.values())
    return conditions, values


def _bucket(window: Window, edges: tuple[int, ...]) -> str:
    """The index of the bucket that holds `t`, as SQL.

    Buckets of one length in a row are one division: even 10,000 of them are a few comparisons.
    """
    if window.granularity is Granularity.ETERNITY:
        return "toInt64(0)"
    runs: list[tuple[int, int, int, int]] = []
    for index, (begin, end) in enumerate(pairwise(edges)):
        if runs and runs[-1][2] == end - begin:
            runs[-1] = (*runs[-1][:3], end)
        else:
            runs.append((index, begin, end - begin, end))
    terms = [f"{index} + intDiv(t - {begin}, {step})" for index, begin, step, _ in runs]
    if len(runs) == 1:
        return terms[0]
    branches = [f"t < {run[3]}, {term}" for run, term in zip(runs[:-1], terms[:-1], strict=True)]
    return f"multiIf({', '.join(branches)}, {terms[-1]})"


def _named(
    question: Question, found: _Sums, buckets: int, shown: int
) -> list[tuple[_Names, list[int]]]:
    """The lines in their order, with those that were asked for by name and have nothing.

    Args:
        buckets: How many values a line has; the last `shown` are the window's.
    """
    if question.top is not None and question.split:
        return sorted(found.items(), key=lambda item: (-sum(item[1][buckets - shown :]), item[0]))
    if question.split == ():
        found.setdefault(_Names(), [0] * buckets)
    if question.split == ("series",):
        for series in question.series:
            found.setdefault(_Names(series), [0] * buckets)
    place = {series: index for index, series in enumerate(question.series)}
    return sorted(found.items(), key=lambda item: (place.get(item[0].series or "", 0), item[0]))
