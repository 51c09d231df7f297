"""What a developer may see of an application's use: the one place where the provider's switches become questions.

what                      is seen where
usage of a metric         the product and the plan let developers see analytics, and the plan shows the metric
response codes            the same, for `hits`, and the product lets them see response codes
what of a limit is used   the plan shows the limit's metric

A question names the application and, of series, only those that are seen: what is hidden is not asked for.
"""

from collections.abc import Iterable

from tallygate.catalog.errors import Forbidden
from tallygate.catalog.models import Application, Metric
from tallygate.catalog.plan_metrics import seen
from tallygate.domain.calendar import Window
from tallygate.domain.errors import QuestionError
from tallygate.history import Answer, Compare, Line, Question, code_series, metric_series
from tallygate.history.series import CODES
from tallygate.web import runtime


class Seen:
    """An application, as its developers see it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        shown = list(seen(application.plan))
        self._shown_names = {metric.system_name for metric in shown}
        self.metrics = [each for each in shown if each.product_id == application.product_id]
        """The product's own metrics and methods that are seen."""

    @property
    def analytics(self) -> bool:
        """Whether there is something to be seen."""
        application = self._application
        allowed = application.product.buyers_see_analytics and application.plan.buyers_see_analytics
        return allowed and bool(self.metrics)

    @property
    def codes(self) -> bool:
        """Whether response codes are seen: all of them together are the hits."""
        counted = any(metric.is_hits for metric in self.metrics)
        return self.analytics and counted and self._application.product.buyers_see_response_codes

    def limit(self, metric_name: str) -> bool:
        """Whether it is seen what of a limit on this metric is used."""
        return metric_name in self._shown_names

    def metric(self, system_name: str) -> Metric:
        """The metric of this name, '' for the first.

        Raises:
            Forbidden: Analytics are not seen.
            QuestionError: There is none, or it is hidden: told apart to nobody.
        """
        self._require(self.analytics)
        for metric in self.metrics:
            if metric.system_name == system_name or not system_name:
                return metric
        raise QuestionError(f"There is no metric {system_name}.")

    def methods(self, metric: Metric) -> list[Metric]:
        """The methods under it that are seen."""
        return [each for each in self.metrics if each.parent_id == metric.pk]

    def usage(
        self, metrics: Iterable[Metric], window: Window, compare: Compare | None = None
    ) -> dict[int, Line]:
        """The usage of metrics that are seen, by their numbers; what is hidden is left out.

        Raises:
            Forbidden: Analytics are not seen.
            QuestionError, HistoryUnavailable: There is no answer; the message says why.
        """
        self._require(self.analytics)
        wanted = {metric.pk for metric in metrics} & {metric.pk for metric in self.metrics}
        series = {metric_series(str(number)): number for number in wanted}
        lines = self._ask(tuple(series), window, compare).lines
        return {series[line.series]: line for line in lines if line.series is not None}

    def response_codes(self, window: Window) -> dict[int, Line]:
        """How many calls were answered with each code, of those that there were.

        Raises:
            Forbidden: Response codes are not seen.
            QuestionError, HistoryUnavailable: There is no answer; the message says why.
        """
        self._require(self.codes)
        series = {code_series(code): code for code in CODES}
        lines = self._ask(tuple(series), window, None).lines
        return {series[line.series]: line for line in lines if line.series and line.total}

    def _ask(self, series: tuple[str, ...], window: Window, compare: Compare | None) -> Answer:
        application = self._application
        question = Question(
            series,
            window,
            product=application.product.service_id,
            application=application.application_id,
            compare=compare,
        )
        return runtime.history().ask(question)

    @staticmethod
    def _require(allowed: bool) -> None:
        if not allowed:
            raise Forbidden
