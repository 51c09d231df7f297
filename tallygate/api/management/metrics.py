"""Metrics and methods, of products and of backends."""

from typing import Any

from django.db.models import QuerySet

from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import JSON_ONLY
from tallygate.api.management.parameter import Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    XML,
    Field,
    Representation,
    field,
)
from tallygate.catalog.models import Metric


def _is_products(metric: Metric) -> bool:
    return metric.product_id is not None


def _owner_path(metric: Metric) -> str:
    if _is_products(metric):
        return f"services/{metric.product_id}"
    return f"backend_apis/{metric.backend_id}"


def _owner_rel(rel: str, wanted: bool) -> Any:
    return (rel, lambda metric: _owner_path(metric) if _is_products(metric) is wanted else None)


_NAMES: tuple[Field, ...] = (
    field("id", int, "pk"),
    field("name", str, "system_name", when=_is_products),
    field("system_name"),
    field("friendly_name"),
    field("service_id", int, "product_id", only=XML, when=_is_products),
    field("backend_api_id", int, "backend_id", only=XML, when=lambda metric: not _is_products(metric)),
    field("description"),
)  # fmt: skip

METRIC = Representation(
    "metric",
    "metrics",
    (
        *_NAMES,
        field("unit"),
        field("parent_id", int, when=lambda metric: metric.is_method),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        _owner_rel("service", True),
        _owner_rel("backend_api", False),
        ("self", lambda metric: f"{_owner_path(metric)}/metrics/{metric.pk}"),
    ),
)
METHOD = Representation(
    "method",
    "methods",
    (
        *_NAMES,
        field("parent_id", int, only="json"),
        field("metric_id", int, "parent_id", only=XML),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("parent", lambda method: f"{_owner_path(method)}/metrics/{method.parent_id}"),
        (
            "self",
            lambda method: f"{_owner_path(method)}/metrics/{method.parent_id}/methods/{method.pk}",
        ),
    ),
)

_OF_BOTH = (
    Parameter("friendly_name", required=True, description="Its name for people."),
    Parameter(
        "system_name",
        only_new=True,
        description="Its name in the protocols; made from the friendly name if left out.",
    ),
    Parameter("description", description="What is counted."),
)
_UNIT = Parameter("unit", required=True, description="What one of it is called: hit, megabyte.")


def _of_product(call: Call) -> QuerySet[Metric]:
    return call.product.metrics.order_by("pk")


def _of_backend(call: Call) -> QuerySet[Metric]:
    return call.backend.metrics.order_by("pk")


def _methods(metric: Metric) -> QuerySet[Metric]:
    return metric.methods.order_by("pk")


def _new_method(parent: Metric) -> Metric:
    return Metric(product_id=parent.product_id, backend_id=parent.backend_id, parent=parent)


def _parent(found: QuerySet[Metric], call: Call) -> Metric:
    metric: Metric = one(found, call.ids["metric_id"])
    return metric


METRICS = Records(
    METRIC,
    "metric_id",
    _of_product,
    lambda call: Metric(product=call.product),
    (*_OF_BOTH, _UNIT),
)
BACKEND_METRICS = Records(
    METRIC,
    "metric_id",
    _of_backend,
    lambda call: Metric(backend=call.backend),
    (*_OF_BOTH, _UNIT),
    paged=True,
)
METHODS = Records(
    METHOD,
    "method_id",
    lambda call: _methods(_parent(_of_product(call), call)),
    lambda call: _new_method(_parent(_of_product(call), call)),
    _OF_BOTH,
)
BACKEND_METHODS = Records(
    METHOD,
    "method_id",
    lambda call: _methods(_parent(_of_backend(call), call)),
    lambda call: _new_method(_parent(_of_backend(call), call)),
    _OF_BOTH,
    paged=True,
)


ENDPOINTS = (
    *endpoints(
        "services/{service_id}/metrics", METRICS, group="Metrics", what="metric",
        see="see_products", edit="edit_products",
    ),
    *endpoints(
        "services/{service_id}/metrics/{metric_id}/methods", METHODS, group="Metrics",
        what="method", see="see_products", edit="edit_products",
    ),
    *endpoints(
        "backend_apis/{backend_api_id}/metrics", BACKEND_METRICS, group="Metrics",
        what="backend metric", see="see_backends", edit="edit_backends", formats=JSON_ONLY,
    ),
    *endpoints(
        "backend_apis/{backend_api_id}/metrics/{metric_id}/methods", BACKEND_METHODS,
        group="Metrics", what="backend method", see="see_backends", edit="edit_backends",
        formats=JSON_ONLY,
    ),
)  # fmt: skip
