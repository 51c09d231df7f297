"""How much was counted of a metric, and how often calls were answered with a response code, bucket by bucket."""

from django.http import HttpResponse

from tallygate.api import formats
from tallygate.api.answers import shown
from tallygate.api.formats import Usage
from tallygate.api.parameters import Parameters
from tallygate.api.subject import Subject
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Backend, Metric
from tallygate.history import Answer, Compare, codes_series, metric_series
from tallygate.web import runtime


def usage(asker: Principal, subject: Subject, given: Parameters, form: str) -> HttpResponse:
    """`usage`: of one metric."""
    name = given.require("metric_name")
    _require_window(given)
    metric = subject.metric(name)
    answer = _answer(asker, subject, given, (metric_series(str(metric.pk)),))
    return _shown(form, Usage(subject, answer, metric))


def usage_response_code(
    asker: Principal, subject: Subject, given: Parameters, form: str
) -> HttpResponse:
    """`usage_response_code`: calls with a code, or with one of a class; with a metric, of those that count on it.

    A backend's calls are those that count on its hits, unless another metric is named.
    """
    codes = given.require("response_code").upper()
    _require_window(given)
    metric = _metric_with_codes(subject, given.get("metric_name"))
    series = codes_series(codes, None if metric is None else str(metric.pk))
    return _shown(form, Usage(subject, _answer(asker, subject, given, series), metric, codes))


def _metric_with_codes(subject: Subject, name: str | None) -> Metric | None:
    if name is None and isinstance(subject.owner, Backend):
        name = "hits"
    return None if name is None else subject.metric(name)


def _require_window(given: Parameters) -> None:
    if given.get("period") is None:
        given.require("granularity")
        given.require("since")


def _answer(
    asker: Principal, subject: Subject, given: Parameters, series: tuple[str, ...]
) -> Answer:
    window = given.window(asker.provider.time_zone, runtime.clock().now_s())
    compare: Compare | None = "previous" if given.compare else None
    return runtime.history().ask(subject.question(series, window, compare))


def _shown(form: str, usage: Usage) -> HttpResponse:
    writers = {
        "json": formats.usage_json,
        "xml": formats.usage_xml,
        "csv": formats.usage_as_csv,
    }
    return shown(form, writers[form](usage), "usage")
