"""The Traffic page of a product, and its numbers as a file."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from tallygate.api.formats import usage_csv
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Metric
from tallygate.console.analytics import time_frame
from tallygate.console.analytics.empty import explain
from tallygate.console.analytics.metric_choice import MetricChoice
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.analytics.traffic_report import Report, method_rows
from tallygate.console.pages import api_of, find_product, page, show
from tallygate.domain.calendar import find_zone
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.history import Compare, Line, Question, metric_series
from tallygate.web import runtime

_NOTHING_IS_LOST = "Calls go on being counted, and nothing is lost. Try again in a moment."
_PLAIN = "text/plain; charset=utf-8"


class _Asked:
    """What a request asks: a product that the user may see, a metric and a time frame in its query."""

    def __init__(self, request: HttpRequest, principal: Principal, product_id: int) -> None:
        """Raises Http404 and Forbidden; what the query says is not looked at yet."""
        principal.require("see_analytics")
        self.principal = principal
        self.query = request.GET
        self.product = find_product(principal, product_id)
        self.choice = MetricChoice(self.product)
        self.zone = find_zone(principal.provider.time_zone)
        self.now_s = runtime.clock().now_s()

    def frame(self) -> TimeFrame:
        """Chooses the metric and gives the frame. Raises QuestionError where the query makes no sense."""
        self.choice.choose(self.query.get("metric", ""))
        return time_frame.read(self.query, self.zone, self.now_s)

    def lines(
        self, frame: TimeFrame, *metrics: Metric, compare: Compare | None = None
    ) -> dict[int, Line]:
        """By metric id.

        Raises:
            QuestionError, HistoryUnavailable: There is no answer; the message says why.
        """
        ids = {metric_series(str(metric.pk)): metric.pk for metric in metrics}
        question = Question(
            tuple(ids), frame.window, product=self.product.service_id, compare=compare
        )
        lines = runtime.history().ask(question).lines
        return {ids[line.series]: line for line in lines if line.series is not None}


@page
def traffic(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """One metric in one time frame, both told by the query string.

    200; 400 with the reason when the query makes no sense; 503 when the history cannot answer.
    """
    asked = _Asked(request, principal, product_id)
    status = 200
    try:
        frame = asked.frame()
        answered = _answered(asked, frame, request.META.get("QUERY_STRING", ""))
        metric = asked.choice.chosen.system_name
        answered["calls"] = [api_of(request).usage(f"services/{product_id}", metric, frame.window)]
    except QuestionError as error:
        status, answered = 400, _failed("This cannot be shown", str(error))
    except HistoryUnavailable as error:
        text = f"{error}. {_NOTHING_IS_LOST}"
        status, answered = 503, _failed("The numbers cannot be read right now", text)
    return show(
        request, principal, "console/traffic.html", "traffic", _form(asked) | answered, status
    )


@page
def traffic_csv(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """The numbers of the chart that the same query string shows, as the Analytics API writes CSV.

    200; as text, 400 and 503 like the page.
    """
    asked = _Asked(request, principal, product_id)
    try:
        frame = asked.frame()
        chosen = asked.choice.chosen
        line = asked.lines(frame, chosen)[chosen.pk]
    except QuestionError as error:
        return HttpResponse(str(error), status=400, content_type=_PLAIN)
    except HistoryUnavailable as error:
        return HttpResponse(f"{error}. {_NOTHING_IS_LOST}", status=503, content_type=_PLAIN)
    window = frame.window
    days = [window.zone.local(at_s).date() for at_s in (window.since_s, window.last_s)]
    name = f"{asked.product.system_name}-{chosen.system_name}-{days[0]}-{days[1]}.csv".replace(
        "/", "_"
    )
    return HttpResponse(
        usage_csv([(chosen, line.values)], window),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )


def _form(asked: _Asked) -> dict[str, Any]:
    return {
        "product": asked.product,
        "metric_groups": asked.choice.groups(),
        "presets": time_frame.PRESETS,
        "granularities": time_frame.PER,
        "fields": time_frame.fields(asked.query, asked.zone, asked.now_s),
        "today": asked.zone.local(asked.now_s).date().isoformat(),
    }


def _answered(asked: _Asked, frame: TimeFrame, query_string: str) -> dict[str, Any]:
    choice = asked.choice
    lines = asked.lines(frame, choice.chosen, *choice.methods, choice.hits, compare="previous")
    chosen = lines[choice.chosen.pk]
    report = Report(choice.chosen, frame, chosen, asked.now_s)
    methods = [(method, lines[method.pk].total) for method in choice.methods]
    empty = None
    if report.is_empty:
        empty = explain(choice, frame, asked.query, lines[choice.hits.pk].total, asked.principal)
    csv_url = reverse("console:traffic-csv", args=[asked.product.pk])
    return {
        "frame": frame,
        "report": report,
        "empty": empty,
        "methods": method_rows(choice.chosen, chosen.total, methods, asked.query),
        "csv_url": f"{csv_url}?{query_string}" if query_string else csv_url,
    }


def _failed(title: str, text: str) -> dict[str, Any]:
    return {"error": {"title": title, "text": text[0].upper() + text[1:]}}
