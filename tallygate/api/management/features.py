"""Features of products, and which plans have them."""

from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Done, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    XML,
    Representation,
    field,
)
from tallygate.catalog.models import Feature, PlanFeature

_SCOPES = {"ApplicationPlan": "application_plan", "ServicePlan": "service_plan"}
"""As it is given -> as it is shown."""

FEATURE = Representation(
    "feature",
    "features",
    (
        field("id", int, "pk"),
        field("name"),
        field("system_name"),
        field("service_id", int, "product_id", only=XML),
        field("scope", str, lambda feature: _SCOPES[feature.scope]),
        field("visible", bool),
        field("description"),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("service", lambda feature: f"services/{feature.product_id}"),
        ("self", lambda feature: f"services/{feature.product_id}/features/{feature.pk}"),
    ),
)
FEATURES = Records(
    FEATURE,
    "feature_id",
    lambda call: call.product.features.order_by("pk"),
    lambda call: Feature(product=call.product),
    (
        Parameter("name", required=True),
        Parameter("system_name", only_new=True, description="Made from the name if left out."),
        Parameter("description"),
        Parameter("scope", only_new=True, choices=tuple(_SCOPES)),
        Parameter("visible", Kind.BOOLEAN, "Whether developers see it."),
    ),
)


def _of_plan(call: Call) -> QuerySet[Feature]:
    return Feature.objects.filter(plan_features__plan=call.plan).order_by("pk")


PLAN_FEATURES = Records(FEATURE, "feature_id", _of_plan)
PLAN_FEATURE_PARAMETERS = (
    Parameter("feature_id", Kind.INTEGER, "A feature of the plan's product.", attribute=None, required=True),
)  # fmt: skip


def add_to_plan(call: Call) -> Answer:
    plan = call.plan
    feature = one(plan.product.features.all(), call.wanted("feature_id"))
    PlanFeature.objects.create(plan=plan, feature=feature)
    return Shown(FEATURE, feature, status=201)


def take_from_plan(call: Call) -> Answer:
    feature = PLAN_FEATURES.one(call)
    PlanFeature.objects.get(plan=call.plan, feature=feature).delete()
    return Done()


_OF_PLAN = "application_plans/{plan_id}/features"

ENDPOINTS = (
    *endpoints(
        "services/{service_id}/features", FEATURES, group="Features", what="feature",
        see="see_products", edit="edit_products",
    ),
    *endpoints(
        _OF_PLAN, PLAN_FEATURES, group="Features", what="feature", see="see_products",
        edit="edit_products", only="index",
    ),
    Endpoint(
        "POST", _OF_PLAN, add_to_plan, "edit_products", "Give a plan a feature", "Features",
        PLAN_FEATURE_PARAMETERS, FEATURE,
    ),
    Endpoint(
        "DELETE", f"{_OF_PLAN}/{{feature_id}}", take_from_plan, "edit_products",
        "Take a feature from a plan", "Features",
    ),
)  # fmt: skip
