"""What a path of the Analytics API is about."""

from dataclasses import dataclass

from django.db.models import QuerySet

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Application, Backend, Metric, Product
from tallygate.domain.calendar import Window
from tallygate.domain.errors import QuestionError
from tallygate.history import Compare, Question


@dataclass(frozen=True, slots=True)
class Subject:
    """A product, an application or a backend that the asker may see.

    Attributes:
        owner: Whose metrics are counted: a product, the application's too, or a backend.
        application: Whose usage it is; None: everybody's.
    """

    owner: Product | Backend
    application: Application | None = None

    @property
    def metrics(self) -> QuerySet[Metric]:
        """All that can be asked for: of a product and of an application the backends' included."""
        owner = self.owner
        return owner.metrics.order_by("pk") if isinstance(owner, Backend) else owner.all_metrics()

    def metric(self, name: str) -> Metric:
        """By its system name; a backend's also without the suffix. Raises QuestionError if there is none."""
        wanted = name
        if isinstance(self.owner, Backend):
            suffix = f".{self.owner.pk}"
            wanted = name.removesuffix(suffix) + suffix
        metric = self.metrics.filter(system_name=wanted).first()
        if metric is None:
            raise QuestionError(f"metric {name} not found")
        return metric

    def question(
        self, series: tuple[str, ...], window: Window, compare: Compare | None = None
    ) -> Question:
        """How much there was of the series, as one line; of a backend in all products that use it or ever did."""
        product = None if isinstance(self.owner, Backend) else self.owner.service_id
        application = None if self.application is None else self.application.application_id
        return Question(series, window, product, application, split=(), compare=compare)


def of_service(asker: Principal, number: str) -> Subject:
    """A product by its number. Raises Refused."""
    return Subject(asker.product(number))


def of_application(asker: Principal, number: str) -> Subject:
    """An application by its number in the catalog. Raises Refused."""
    application = asker.application(number)
    return Subject(application.product, application)


def of_backend(asker: Principal, number: str) -> Subject:
    """A backend by its number. Raises Refused."""
    return Subject(asker.backend(number))
