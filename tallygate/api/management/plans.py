"""Plans of applications and of accounts."""

from typing import Any

from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Shown
from tallygate.api.management.call import Call
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.events import state_event
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    XML,
    Field,
    Representation,
    field,
)
from tallygate.catalog.models import AccountPlan, ApplicationPlan
from tallygate.catalog.plan_changes import copy_plan


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _fields(kind: str) -> tuple[Field, ...]:
    return (
        field("id", int, "pk"),
        field("name"),
        field("type", str, lambda _plan: kind, only=XML),
        field("state"),
        field("setup_fee", float),
        field("cost_per_month", float),
        field("trial_period_days", int, lambda plan: plan.trial_period_days or 0),
        field("cancellation_period", int),
        field("approval_required", bool),
        field("default", bool, "is_default", only="json"),
    )


APPLICATION_PLAN = Representation(
    "application_plan",
    "plans",
    (
        *_fields("application_plan"),
        CREATED_AT,
        UPDATED_AT,
        field("custom", bool, "is_custom", only="json"),
        field("system_name"),
        field("description"),
        field("service_id", int, "product_id", only=XML),
        field("buyers_see_analytics", bool),
    ),
    links=(
        ("service", lambda plan: f"services/{plan.product_id}"),
        ("self", lambda plan: f"services/{plan.product_id}/application_plans/{plan.pk}"),
    ),
    xml_name="plan",
    attributes=(
        ("custom", lambda plan: _truth(plan.is_custom)),
        ("default", lambda plan: _truth(plan.is_default)),
    ),
)
ACCOUNT_PLAN = Representation(
    "account_plan",
    "plans",
    (
        *_fields("account_plan"),
        CREATED_AT,
        UPDATED_AT,
        field("system_name"),
        field("description"),
    ),
    links=(("self", lambda plan: f"account_plans/{plan.pk}"),),
    xml_name="plan",
    attributes=(("default", lambda plan: _truth(plan.is_default)),),
)

_PARAMETERS = (
    Parameter("name", required=True, description="Its name for people."),
    Parameter("system_name", only_new=True, description="Made from the name if left out."),
    Parameter("state_event", attribute=None, choices=("publish", "hide")),
    Parameter("description"),
    Parameter("approval_required", Kind.BOOLEAN, "Whether new subscriptions wait for the provider."),
    Parameter("trial_period_days", Kind.INTEGER),
    Parameter("cancellation_period", Kind.INTEGER),
    Parameter("cost_per_month", Kind.DECIMAL),
    Parameter("setup_fee", Kind.DECIMAL),
)  # fmt: skip
_APPLICATION_PARAMETERS = (
    *_PARAMETERS,
    Parameter(
        "buyers_see_analytics", Kind.BOOLEAN,
        "Whether developers see what applications under it use. Beyond what 3scale has.",
    ),
)  # fmt: skip


def _set(plan: Any, call: Call) -> None:
    state_event(plan, call.given)


def _of_product(call: Call) -> QuerySet[ApplicationPlan]:
    return call.plans().filter(product=call.product)


APPLICATION_PLANS = Records(
    APPLICATION_PLAN,
    "plan_id",
    _of_product,
    lambda call: ApplicationPlan(product=call.product),
    _APPLICATION_PARAMETERS,
    _set,
)
ALL_APPLICATION_PLANS = Records(APPLICATION_PLAN, "plan_id", lambda call: call.plans())
ACCOUNT_PLANS = Records(
    ACCOUNT_PLAN,
    "account_plan_id",
    lambda call: (
        AccountPlan.objects.filter(provider=call.asker.provider)
        .select_related("provider")
        .order_by("pk")
    ),
    lambda call: AccountPlan(provider=call.asker.provider),
    _PARAMETERS,
    _set,
)


def make_default(records: Records) -> Any:
    """A handler that makes the plan in the path the one that is meant when none is named."""

    def handler(call: Call) -> Answer:
        plan = records.one(call)
        plan.make_default()
        return Shown(records.shape, plan)

    return handler


def copy(call: Call) -> Answer:
    return Shown(APPLICATION_PLAN, copy_plan(APPLICATION_PLANS.one(call)), status=201)


_OF_PRODUCT = "services/{service_id}/application_plans"

ENDPOINTS = (
    *endpoints(
        "application_plans", ALL_APPLICATION_PLANS, group="Application plans",
        what="application plan", see="see_products", edit="edit_products", only="index",
    ),
    *endpoints(
        _OF_PRODUCT, APPLICATION_PLANS, group="Application plans", what="application plan",
        see="see_products", edit="edit_products",
    ),
    Endpoint(
        "PUT", f"{_OF_PRODUCT}/{{plan_id}}/default", make_default(APPLICATION_PLANS),
        "edit_products", "Make a plan the product's default", "Application plans",
        shape=APPLICATION_PLAN,
    ),
    Endpoint(
        "POST", f"{_OF_PRODUCT}/{{plan_id}}/copy", copy, "edit_products",
        "Copy a plan, with its limits and prices", "Application plans", shape=APPLICATION_PLAN,
    ),
    *endpoints(
        "account_plans", ACCOUNT_PLANS, group="Account plans", what="account plan",
        see="see_account_plans", edit="edit_account_plans",
    ),
    Endpoint(
        "PUT", "account_plans/{account_plan_id}/default", make_default(ACCOUNT_PLANS),
        "edit_account_plans", "Make a plan the default of accounts", "Account plans",
        shape=ACCOUNT_PLAN,
    ),
)  # fmt: skip
