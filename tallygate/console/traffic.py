"""The Traffic page of a product."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Product
from tallygate.console import time_frame
from tallygate.console.empty import explain
from tallygate.console.metric_choice import MetricChoice
from tallygate.console.pages import find_product, page, show
from tallygate.console.time_frame import TimeFrame
from tallygate.console.traffic_report import Report, method_rows
from tallygate.domain.calendar import Zone, find_zone
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.history import Line, Question, metric_series
from tallygate.web import runtime

_UNAVAILABLE = "Calls go on being counted, and nothing is lost. Try again in a moment."


@page
def traffic(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """One metric in one time frame, both told by the query string.

    200; 400 with the reason when the query makes no sense; 503 when the history cannot answer.
    """
    principal.require("monitoring")
    product = find_product(principal, product_id)
    zone, now_s = find_zone(principal.provider.time_zone), runtime.clock().now_s()
    choice = MetricChoice(product)
    status = 200
    try:
        choice.choose(request.GET.get("metric", ""))
        frame = time_frame.read(request.GET, zone, now_s)
        answered = _answered(request, principal, choice, frame, now_s)
    except QuestionError as error:
        status, answered = 400, _failed("This cannot be shown", str(error))
    except HistoryUnavailable as error:
        reason = f"{str(error).capitalize()}. {_UNAVAILABLE}"
        status, answered = 503, _failed("The numbers cannot be read right now", reason)
    context = _form(request, product, choice, zone, now_s) | answered
    return show(request, principal, "console/traffic.html", "traffic", context, status)


def _form(
    request: HttpRequest, product: Product, choice: MetricChoice, zone: Zone, now_s: int
) -> dict[str, Any]:
    return {
        "product": product,
        "metric_groups": choice.groups(),
        "presets": time_frame.PRESETS,
        "granularities": time_frame.PER,
        "fields": time_frame.fields(request.GET, zone, now_s),
        "today": zone.local(now_s).date().isoformat(),
    }


def _answered(
    request: HttpRequest, principal: Principal, choice: MetricChoice, frame: TimeFrame, now_s: int
) -> dict[str, Any]:
    lines = _lines(choice, frame)
    chosen = lines[choice.chosen.pk]
    report = Report(choice.chosen, frame, chosen, now_s)
    methods = [(method, lines[method.pk].total) for method in choice.methods]
    empty = None
    if report.is_empty:
        hits_total = lines[choice.hits.pk].total
        empty = explain(choice, frame, request.GET.dict(), hits_total, principal)
    return {
        "frame": frame,
        "report": report,
        "empty": empty,
        "methods": method_rows(choice.chosen, chosen.total, methods),
        "csv_url": _with_query("console:traffic-csv", choice.product, request),
    }


def _lines(choice: MetricChoice, frame: TimeFrame) -> dict[int, Line]:
    """By metric id: the chosen metric, its methods, and the product's hits."""
    by_series = {
        metric_series(str(metric.pk)): metric.pk
        for metric in (choice.chosen, *choice.methods, choice.hits)
    }
    question = Question(
        tuple(by_series), frame.window, product=choice.product.service_id, compare=True
    )
    answer = runtime.history().ask(question)
    return {by_series[line.series]: line for line in answer.lines if line.series is not None}


def _with_query(name: str, product: Product, request: HttpRequest) -> str:
    query = request.META.get("QUERY_STRING", "")
    return f"{reverse(name, args=[product.pk])}?{query}" if query else reverse(name, args=[product.pk])


def _failed(title: str, text: str) -> dict[str, Any]:
    return {"error": {"title": title, "text": text}}
