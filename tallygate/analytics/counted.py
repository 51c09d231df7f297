"""What is counted: metrics, their methods, and calls by response code, under the names that lines have.

A metric of several products, hits for one, is counted in all of them. What is split by method adds up: what counts on the
metric itself and on none of its methods is a line too. With response codes, calls are counted instead of what they used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tallygate.analytics.parameters import Parameters
from tallygate.analytics.scope import Scope
from tallygate.catalog.models import Metric
from tallygate.domain.errors import QuestionError
from tallygate.history import codes_series, metric_series

NAMES = ("metric", "response_code")
SPLITS = ("method", "response_code", "class")
CLASSES = ("1XX", "2XX", "3XX", "4XX", "5XX")
DEFAULT_METRIC = "hits"


class Label(NamedTuple):
    """A metric or a method.

    Attributes:
        id: None where it is of several products, and so is several records.
    """

    id: int | None
    name: str
    system_name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What a line counts.

    Attributes:
        series: Of the history, summed.
        metric: None: calls, whatever they count on.
        method: A method of the metric; None: the metric itself, or, where it is split, what is of no method.
        code: A response code or class, or several joined by commas; None: usage is counted and not calls.
        without: The series of its methods, where it is what remains without them.
        optional: Whether it has a line only if there was any.
    """

    series: tuple[str, ...]
    metric: Label | None = None
    method: Label | None = None
    code: str | None = None
    without: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Measures:
    """All that a question counts.

    Attributes:
        counted: In the order of their lines.
        first: The series by which applications and the like are ranked: of the first metric, all codes together.
    """

    counted: tuple[Counted, ...]
    first: tuple[str, ...]

    @property
    def series(self) -> tuple[str, ...]:
        """All that have to be asked for, each once."""
        return tuple(dict.fromkeys(one for each in self.counted for one in each.series))

    @property
    def is_one(self) -> bool:
        """Whether it is one thing, and that by which applications and the like are ranked."""
        return len(self.counted) == 1 and not self.counted[0].without and self.series == self.first

    @property
    def by_quarter(self) -> bool:
        """Whether something of it is kept by the quarter of an hour only: the response codes of a metric."""
        return any(each.metric is not None and each.code is not None for each in self.counted)


class _Codes(NamedTuple):
    """Calls with one of some codes; without texts: usage."""

    texts: tuple[str, ...]
    label: str | None
    optional: bool

    def series(self, metrics: Sequence[Metric]) -> tuple[str, ...]:
        """Of all metrics together; of calls, if there are none."""
        if not self.texts:
            return tuple(metric_series(str(metric.pk)) for metric in metrics)
        ids: list[str | None] = [str(metric.pk) for metric in metrics]
        return tuple(
            dict.fromkeys(
                one for text in self.texts for id in ids or [None] for one in codes_series(text, id)
            )
        )


def read(given: Parameters, scope: Scope, splits: Iterable[str] = ()) -> Measures:
    """What the parameters ask for; hits unless they name something.

    Args:
        splits: Of `SPLITS`.

    Raises:
        QuestionError: They make no sense; the message says why.
    """
    splits = tuple(splits)
    codes = _codes(tuple(text.upper() for text in given.many("response_code")), splits)
    names = given.many("metric")
    if not names and (not codes[0].texts or scope.backend is not None or "method" in splits):
        names = (DEFAULT_METRIC,) if scope.metrics else ()
    metrics = [scope.named(name) for name in names]
    counted = [
        one
        for metric in metrics or ([()] if codes[0].texts else [])
        for code in codes
        for one in _lines(metric, code, by_method="method" in splits)
    ]
    first = (one for code in codes for one in code.series(metrics[0] if metrics else ()))
    return Measures(tuple(counted), tuple(dict.fromkeys(first)))


def _codes(texts: tuple[str, ...], splits: tuple[str, ...]) -> list[_Codes]:
    if "response_code" in splits and "class" in splits:
        raise QuestionError("split by response_code or by class, not by both")
    for text in texts:
        codes_series(text)  # which says what is wrong with it
    if "class" in splits:
        classes = dict.fromkeys(f"{text[0]}XX" for text in texts or CLASSES)
        parts = {each: tuple(t for t in texts if t[0] == each[0]) for each in classes}
        return [_Codes(parts[each] or (each,), each, True) for each in classes]
    if "response_code" in splits:
        series = (one for text in texts or CLASSES for one in codes_series(text))
        single = (one.removeprefix("c:") for one in series)
        return [_Codes((code,), code, True) for code in dict.fromkeys(single)]
    return [_Codes(texts, ",".join(texts) or None, False)]


def _lines(metrics: tuple[Metric, ...], codes: _Codes, *, by_method: bool) -> list[Counted]:
    """Of metrics of one name, or of calls if there are none."""
    whole = Counted(
        codes.series(metrics),
        _label(metrics) if metrics else None,
        code=codes.label,
        optional=codes.optional,
    )
    if not by_method:
        return [whole]
    by_name: dict[str, list[Metric]] = {}
    for method in Metric.objects.filter(parent__in=[each.pk for each in metrics]).order_by("pk"):
        by_name.setdefault(method.system_name, []).append(method)
    methods = [
        Counted(codes.series(same), whole.metric, _label(same), codes.label, optional=True)
        for same in by_name.values()
    ]
    without = tuple(one for method in methods for one in method.series)
    rest = Counted((*whole.series, *without), whole.metric, None, codes.label, without, True)
    return [*methods, rest]


def _label(metrics: Sequence[Metric]) -> Label:
    first = metrics[0]
    number = first.pk if len(metrics) == 1 else None
    return Label(number, first.friendly_name, first.system_name, first.unit)
