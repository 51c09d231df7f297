"""The metrics and methods among which a page lets choose."""

from dataclasses import dataclass

from tallygate.catalog.models import Metric, Product
from tallygate.domain.errors import QuestionError

_INDENT = "\N{EM SPACE}"


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the selector."""

    system_name: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics of the product itself, or of one backend."""

    label: str
    options: list[Option]


class MetricChoice:
    """All metrics of a product and of its backends, one of them chosen.

    Attributes:
        hits: The product's own.
        chosen: At first the product's hits.
    """

    def __init__(self, product: Product) -> None:
        self.product = product
        self._metrics = list(product.all_metrics().select_related("backend"))
        self.hits = next(metric for metric in self._metrics if self._is_own_hits(metric))
        self.chosen = self.hits

    def choose(self, system_name: str) -> None:
        """Raises QuestionError when the product has no such metric. '' leaves the product's hits."""
        if not system_name:
            return
        for metric in self._metrics:
            if metric.system_name == system_name:
                self.chosen = metric
                return
        raise QuestionError(f"This product has no metric {system_name}.")

    @property
    def methods(self) -> list[Metric]:
        """The methods under the chosen metric."""
        return [metric for metric in self._metrics if metric.parent_id == self.chosen.pk]

    def groups(self) -> list[Group]:
        """The product's own metrics first, then each backend's; methods follow their metric, indented."""
        labels: dict[int | None, str] = {None: f"Product: {self.product.name}"}
        options: dict[int | None, list[Option]] = {None: []}
        for metric in self._metrics:
            if metric.backend is not None:
                labels.setdefault(metric.backend.pk, f"Backend: {metric.backend.name}")
            if metric.parent_id is None:
                options.setdefault(metric.backend_id, []).extend(self._family(metric))
        return [Group(labels[owner], lines) for owner, lines in options.items()]

    def _family(self, metric: Metric) -> list[Option]:
        methods = [one for one in self._metrics if one.parent_id == metric.pk]
        return [self._option(metric, ""), *(self._option(one, _INDENT) for one in methods)]

    def _option(self, metric: Metric, indent: str) -> Option:
        label = f"{indent}{metric.friendly_name} ({metric.system_name})"
        return Option(metric.system_name, label, metric.pk == self.chosen.pk)

    def _is_own_hits(self, metric: Metric) -> bool:
        return metric.product_id == self.product.pk and metric.is_hits
