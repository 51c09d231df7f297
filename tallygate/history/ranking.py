"""Which lines of a question come first: the greatest, those that grew the most, those that fell silent.

Only names and totals: so that a hundred thousand lines are one statement and little memory, whatever the
number of buckets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tallygate.history.engine import Engine, Value
from tallygate.history.question import Question
from tallygate.history.selection import Selection, Span, within

Order = Literal["total", "growth", "silence"]


class Place(NamedTuple):
    """A line among others.

    Attributes:
        names: One for each of what the question splits by, in the order series, product, application, group.
        previous_total: Of the window that is compared with; 0 if none is.
    """

    names: tuple[str, ...]
    total: int
    previous_total: int

    def score(self, order: Order) -> int:
        """By which it is ordered; the greatest comes first. Equal ones come in the order of their names."""
        if order == "growth":
            return self.total - self.previous_total
        return self.total if order == "total" else self.previous_total


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which lines of a question come first.

    Attributes:
        question: It splits by something, and for growth and silence compares; its own `top` is not looked at.
        by: The series whose totals count, of those of the question; None: all.
        order: 'total': all that were counted, in any series, in the window or in that which it is compared with.
            'growth': those with more than before. 'silence': those that were counted before only, the greatest then first.
        most: Only so many; None: all.
        after: Only those behind this one.
        least: Only those with at least so much in the window.
    """

    question: Question
    order: Order = "total"
    most: int | None = None
    after: Place | None = None
    least: int | None = None
    by: tuple[str, ...] | None = None


_SCORES: dict[Order, tuple[str, str]] = {
    "total": ("total", "(total != 0 OR before != 0 OR others)"),
    "growth": ("total - before", "total > before"),
    "silence": ("before", "total = 0 AND before > 0"),
}
"""What a line is ordered by, and which lines there are, as SQL."""


def rank(engine: Engine, ranking: Ranking, minutes_since_s: int = 0) -> list[Place]:
    """The places, the first first.

    Raises:
        QuestionError: It cannot be answered; the message says why.
        HistoryUnavailable: The engine cannot answer now.
    """
    question = ranking.question
    selected = Selection(question, minutes_since_s)
    if not (question.series and selected.columns and len(question.window)):
        return []
    compared = question.compared_with()
    edges = question.window.edges_s
    spans = [selected.span(edges)]
    if compared is not None:
        edges = (*edges, *compared.edges_s)
        spans.append(selected.span(compared.edges_s))
    score, having, values = _having(ranking, selected)
    sums = _sums(ranking, spans, values)
    rows = engine.query(
        f"SELECT {selected.expressions}, {sums} FROM {selected.table(edges).name}"
        f" WHERE {selected.where(*spans)} GROUP BY {selected.expressions} HAVING {having}"
        f" ORDER BY {score} DESC, {selected.expressions}"
        + ("" if ranking.most is None else f" LIMIT {int(ranking.most)}"),
        **selected.values,
        **values,
    )
    return [Place(tuple(names), total, before) for *names, total, before, _ in rows]


def _sums(ranking: Ranking, spans: Sequence[Span], values: dict[str, Value]) -> str:
    """`total`, `before`, and whether `others` were counted of which the totals say nothing, as SQL."""
    counts, others = "", "0"
    if ranking.by is not None and set(ranking.by) != set(ranking.question.series):
        values["by"] = ranking.by
        counts = "series IN {by}" if ranking.by else "0"
        others = f"max(value != 0 AND NOT ({counts}))"
    if len(spans) == 1:
        total, before = _sum_if(counts), "toInt64(0)"
    else:
        total, before = (_sum_if(counts, within(span)) for span in spans)
    return f"{total} AS total, {before} AS before, {others} AS others"


def _sum_if(*conditions: str) -> str:
    holds = " AND ".join(filter(None, conditions))
    return f"sumIf(value, {holds})" if holds else "sum(value)"


def _having(ranking: Ranking, selected: Selection) -> tuple[str, str, dict[str, Value]]:
    """What a line is ordered by, which lines there are, and the values that these name."""
    score, condition = _SCORES[ranking.order]
    conditions, values = [condition], dict[str, Value]()
    if ranking.least is not None:
        conditions.append("total >= {least}")
        values["least"] = ranking.least
    if ranking.after is not None:
        names = selected.expressions
        conditions.append(
            f"({score} < {{score}} OR ({score} = {{score}} AND ({names}) > {{after}}))"
        )
        values["score"] = ranking.after.score(ranking.order)
        values["after"] = ranking.after.names
    return score, " AND ".join(conditions), values
