"""Usage of a product, an application or a backend: `/stats/.../usage.{json,xml,csv}`."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tallygate.api import formats
from tallygate.api.answers import JSON, XML, answering_errors, not_understood
from tallygate.api.formats import Usage
from tallygate.api.parameters import Parameters
from tallygate.catalog.access import Principal, principal
from tallygate.catalog.models import Backend, Metric, Product
from tallygate.domain.errors import QuestionError
from tallygate.history import Answer, Compare, Question, metric_series
from tallygate.web import runtime

FORMATS = ("json", "xml", "csv")


@require_safe
@answering_errors
def service_usage(request: HttpRequest, service_id: str, *, form: str) -> HttpResponse:
    """Usage of one metric of a product, its backends' included."""
    asker = _asker(request)
    product = asker.product(service_id)
    if form not in FORMATS:
        return not_understood(form)
    given = _given(request)
    metric = _metric_of_product(product, given)
    answer = _answer(asker, given, metric, product=product.service_id)
    return _shown(form, Usage(metric, answer))


@require_safe
@answering_errors
def application_usage(request: HttpRequest, application_id: str, *, form: str) -> HttpResponse:
    """Usage of one metric by an application, named by its number in the catalog."""
    asker = _asker(request)
    application = asker.application(application_id)
    if form not in FORMATS:
        return not_understood(form)
    given = _given(request)
    product = application.product
    metric = _metric_of_product(product, given)
    answer = _answer(
        asker, given, metric, product=product.service_id, application=application.application_id
    )
    return _shown(form, Usage(metric, answer, application))


@require_safe
@answering_errors
def backend_usage(request: HttpRequest, backend_id: str, *, form: str) -> HttpResponse:
    """Usage of one metric of a backend, in all products that use it or ever did."""
    asker = _asker(request)
    backend = asker.backend(backend_id)
    if form not in FORMATS:
        return not_understood(form)
    given = _given(request)
    metric = _metric_of_backend(backend, given)
    return _shown(form, Usage(metric, _answer(asker, given, metric), of_backend=True))


def _asker(request: HttpRequest) -> Principal:
    return principal(request, "stats", clock=runtime.clock())


def _given(request: HttpRequest) -> Parameters:
    given = Parameters(request)
    given.require("metric_name")
    if given.get("period") is None:
        given.require("granularity", "since")
    return given


def _metric_of_product(product: Product, given: Parameters) -> Metric:
    name = given.get("metric_name")
    metric = product.all_metrics().filter(system_name=name).first()
    if metric is None:
        raise QuestionError(f"metric {name} not found")
    return metric


def _metric_of_backend(backend: Backend, given: Parameters) -> Metric:
    name = given.get("metric_name") or ""
    suffix = f".{backend.pk}"
    metric = backend.metrics.filter(system_name=name.removesuffix(suffix) + suffix).first()
    if metric is None:
        raise QuestionError(f"metric {name} not found")
    return metric


def _answer(
    asker: Principal,
    given: Parameters,
    metric: Metric,
    *,
    product: str | None = None,
    application: str | None = None,
) -> Answer:
    window = given.window(asker.provider.time_zone, runtime.clock().now_s())
    series = (metric_series(str(metric.pk)),)
    compare: Compare | None = "previous" if given.compare else None
    question = Question(series, window, product, application, compare=compare)
    return runtime.history().ask(question)


def _shown(form: str, usage: Usage) -> HttpResponse:
    if form == "json":
        return HttpResponse(formats.usage_json(usage), content_type=JSON)
    if form == "xml":
        return HttpResponse(formats.usage_xml(usage), content_type=XML)
    rows = [(usage.metric, usage.answer.values)]
    name = f"usage-{runtime.clock().now_s()}.csv"
    return HttpResponse(
        formats.usage_csv(rows, usage.answer.window),
        content_type="text/csv; header=present",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )
