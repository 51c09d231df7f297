"""Which rows a question sums, and by which names, as SQL."""

from collections.abc import Sequence
from typing import NamedTuple

from tallygate.domain.calendar import Granularity
from tallygate.domain.errors import QuestionError
from tallygate.history.engine import Array, Value
from tallygate.history.question import Consumer, Question, Split
from tallygate.history.schema import MINUTE, QUARTER, Table
from tallygate.history.series import PAIR

COLUMNS: tuple[Split, ...] = ("series", "product", "application", "group")
_BETWEEN = "\x1f"
"""Between the ids of a product and of an application: no id has it."""


class Names(NamedTuple):
    """Of a line; None where the question does not split by it."""

    series: str | None = None
    product: str | None = None
    application: str | None = None
    group: str | None = None


class Span(NamedTuple):
    """UTC seconds: from `begin_s` on, until before `end_s`; None: without end."""

    begin_s: int
    end_s: int | None


class Selection:
    """A question on its way into SQL.

    Attributes:
        columns: What it splits by.
        expressions: The same as SQL, separated by commas; '' for nothing.
    """

    def __init__(self, question: Question, minutes_since_s: int) -> None:
        """
        Args:
            minutes_since_s: From when on usage by minute is kept.
        """
        self._question = question
        self._minutes_since_s = minutes_since_s
        self.columns = tuple(each for each in COLUMNS if each in question.split)
        self.expressions = self._expressions(self.columns)
        self._values: dict[str, Value] = {}
        self._conditions = list(self._rows())
        if question.only is not None:
            self.keep(tuple(each for each in self.columns if each != "series"), question.only)

    def keep(self, columns: Sequence[Split], names: Sequence[tuple[str, ...]]) -> None:
        """From now on only lines of these names: one for each of the columns."""
        if not columns:
            return
        key = f"keys_{len(self._conditions)}"
        self._values[key] = tuple(names)
        self._conditions.append(
            f"({self._expressions(columns)}) IN {{{key}}}" if names else "0",
        )

    def where(self, *spans: Span) -> str:
        """The condition that a row has to fulfil: to be in one of the spans, too."""
        times = " OR ".join(within(span) for span in spans)
        return " AND ".join([*self._conditions, f"({times})"])

    @property
    def values(self) -> dict[str, Value]:
        """All values that the SQL names."""
        return self._values

    def span(self, edges: Sequence[int]) -> Span:
        """The span between the first and the last of these edges; eternity has no end."""
        endless = self._question.window.granularity is Granularity.ETERNITY
        return Span(edges[0], None if endless else edges[-1])

    def table(self, edges: Sequence[int]) -> Table:
        """That which can be told apart at these edges.

        Raises:
            QuestionError: None can.
        """
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

    def _expressions(self, columns: Sequence[Split]) -> str:
        return ", ".join(self._expression(each) for each in columns)

    def _expression(self, column: Split) -> str:
        if column != "group":
            return column
        if not self._question.groups:
            return "''"
        return f"transform(concat(product, '{_BETWEEN}', application), {{grouped}}, {{groups}}, '')"

    def _rows(self) -> list[str]:
        """The conditions, but for the time."""
        question, values = self._question, self._values
        values["series"] = question.series
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
            conditions.append(self._among(question.among))
        if "group" in question.split and question.groups:
            values["grouped"] = Array(_BETWEEN.join(each) for each in question.groups)
            values["groups"] = Array(question.groups.values())
        return conditions

    def _among(self, consumers: Sequence[Consumer]) -> str:
        """A list of texts for each product: it is read several times faster than one of pairs."""
        by_product: dict[str, list[str]] = {}
        for consumer in consumers:
            by_product.setdefault(consumer.product, []).append(consumer.application)
        either = []
        for number, (product, applications) in enumerate(by_product.items()):
            self._values[f"product_{number}"] = product
            self._values[f"applications_{number}"] = applications
            either.append(
                f"(product = {{product_{number}}} AND application IN {{applications_{number}}})"
            )
        return f"({' OR '.join(either)})" if either else "0"


def within(span: Span) -> str:
    """Whether a row is in the span, as SQL."""
    if span.end_s is None:
        return f"t >= {span.begin_s}"
    return f"t >= {span.begin_s} AND t < {span.end_s}"
