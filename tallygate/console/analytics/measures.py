"""What a page can show: the metrics and methods among which it lets choose."""

from collections.abc import Iterable
from dataclasses import dataclass

from tallygate.catalog.models import Metric
from tallygate.domain.errors import QuestionError
from tallygate.history import metric_series

_INDENT = "\N{EM SPACE}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric or a method; or one of several products that is counted as one, as their hits are.

    Attributes:
        key: By which URLs and files name it: a metric's system name.
        metrics: The records; in the history all of them are summed.
    """

    key: str
    name: str
    unit: str
    metrics: tuple[Metric, ...]

    @classmethod
    def of(cls, metric: Metric) -> "Measure":
        """A single metric under its own name."""
        return cls(metric.system_name, metric.friendly_name, metric.unit, (metric,))

    @property
    def series(self) -> tuple[str, ...]:
        """As the history names it."""
        return tuple(metric_series(str(metric.pk)) for metric in self.metrics)

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(metric.pk for metric in self.metrics)


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the selector."""

    key: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics of a product, or of one backend."""

    label: str
    options: list[Option]


class MeasureChoice:
    """All that can be chosen, one of it chosen.

    Attributes:
        hits: What counts every call.
        chosen: At first the hits.
    """

    def __init__(self, groups: Iterable[tuple[str, list[Measure]]], hits: Measure) -> None:
        """
        Args:
            groups: Their headings and what is in them, in order.
        """
        self._groups = [(label, measures) for label, measures in groups if measures]
        self.hits = hits
        self.chosen = hits

    def choose(self, key: str, noun: str) -> None:
        """Raises QuestionError when there is no such one. '' leaves the hits.

        Args:
            noun: Whose metrics these are.
        """
        if not key:
            return
        for measure in self.all:
            if measure.key == key:
                self.chosen = measure
                return
        raise QuestionError(f"This {noun} has no metric {key}.")

    @property
    def all(self) -> list[Measure]:
        return [measure for _, measures in self._groups for measure in measures]

    @property
    def methods(self) -> list[Measure]:
        """The methods under the chosen one."""
        return [each for each in self.all if _parents(each) & self.chosen.ids]

    def groups(self, *, is_chosen: bool = True) -> list[Group]:
        """The selector: methods follow their metric, indented.

        Args:
            is_chosen: Whether one of them is selected.
        """
        selected = self.chosen.key if is_chosen else None
        return [
            Group(label, [_option(each, selected) for each in measures])
            for label, measures in self._groups
        ]


def families(metrics: Iterable[Metric]) -> list[Metric]:
    """Each metric with its methods behind it."""
    everything = list(metrics)
    of_parent: dict[int, list[Metric]] = {}
    for metric in everything:
        if metric.parent_id is not None:
            of_parent.setdefault(metric.parent_id, []).append(metric)
    top = [metric for metric in everything if metric.parent_id is None]
    return [each for metric in top for each in (metric, *of_parent.get(metric.pk, ()))]


def _option(measure: Measure, selected: str | None) -> Option:
    indent = _INDENT if _parents(measure) else ""
    return Option(measure.key, f"{indent}{measure.name} ({measure.key})", measure.key == selected)


def _parents(measure: Measure) -> frozenset[int]:
    return frozenset(each.parent_id for each in measure.metrics if each.parent_id is not None)
