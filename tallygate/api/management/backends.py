"""Backends, and how products use them."""

from django.db.models import QuerySet

from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import JSON_ONLY
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    Representation,
    field,
)
from tallygate.catalog.models import Backend, BackendUsage

BACKEND = Representation(
    "backend_api",
    "backend_apis",
    (
        field("id", int, "pk"),
        field("name"),
        field("system_name"),
        field("description"),
        field("private_endpoint"),
        field("account_id", int, "provider_id"),
        field("annotations", dict),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("metrics", lambda of: f"backend_apis/{of.pk}/metrics"),
        ("mapping_rules", lambda of: f"backend_apis/{of.pk}/mapping_rules"),
        ("self", lambda of: f"backend_apis/{of.pk}"),
    ),
)
USAGE = Representation(
    "backend_usage",
    "backend_usages",
    (
        field("id", int, "pk"),
        field("path"),
        field("service_id", int, "product_id"),
        field("backend_id", int),
    ),
    links=(
        ("service", lambda of: f"services/{of.product_id}"),
        ("backend_api", lambda of: f"backend_apis/{of.backend_id}"),
        ("self", lambda of: f"services/{of.product_id}/backend_usages/{of.pk}"),
    ),
)


def _usages(call: Call) -> QuerySet[BackendUsage]:
    return call.product.backend_usages.order_by("pk")


def _set_backend(usage: BackendUsage, call: Call) -> None:
    if usage._state.adding and call.given.get("backend_api_id") is not None:
        usage.backend = one(call.asker.backends(), call.given["backend_api_id"])


BACKENDS = Records(
    BACKEND,
    "backend_api_id",
    lambda call: call.asker.backends(),
    lambda call: Backend(provider=call.asker.provider),
    (
        Parameter("name", required=True, description="Its name for people."),
        Parameter("system_name", only_new=True, description="Made from the name if left out."),
        Parameter("description"),
        Parameter("private_endpoint", required=True, description="The URL at which it is reached."),
        Parameter("annotations", Kind.OBJECT, "managed_by: which tool manages it."),
    ),
    paged=True,
)
USAGES = Records(
    USAGE,
    "backend_usage_id",
    _usages,
    lambda call: BackendUsage(product=call.product),
    (
        Parameter("backend_api_id", Kind.INTEGER, attribute=None, required=True, only_new=True),
        Parameter("path", description="Under which the product uses the backend; unique in it."),
    ),
    _set_backend,
    paged=True,
    bare=True,
)


ENDPOINTS = (
    *endpoints(
        "backend_apis", BACKENDS, group="Backends", what="backend", see="see_backends",
        edit="edit_backends", create="create_backends", delete="create_backends",
        formats=JSON_ONLY,
    ),
    *endpoints(
        "services/{service_id}/backend_usages", USAGES, group="Backends", what="backend usage",
        see="see_products", edit="edit_products", formats=JSON_ONLY,
    ),
)  # fmt: skip
