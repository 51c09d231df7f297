"""What a plan says about metrics: limits, prices, and whether they may be used and seen."""

from decimal import Decimal

from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Shown
from tallygate.api.management.call import Call
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints, save
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    XML,
    Representation,
    field,
)
from tallygate.catalog import plan_metrics
from tallygate.catalog.models import Limit, PlanMetric, PricingRule
from tallygate.registry.records import PERIODS


def _path(kind: str, term: Limit | PricingRule) -> str:
    return f"application_plans/{term.plan_id}/metrics/{term.metric_id}/{kind}/{term.pk}"


def _price(amount: Decimal) -> str:
    """`20.0`: without noughts at its end, but for one behind the point."""
    text = f"{amount:f}"
    if "." not in text:
        return f"{text}.0"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"


LIMIT = Representation(
    "limit",
    "limits",
    (
        field("id", int, "pk"),
        field("metric_id", int, only=XML),
        field("plan_id", int, only=XML),
        field("period"),
        field("value", int),
        field("metric_id", int, only="json"),
        field("plan_id", int, only="json"),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("metric", lambda limit: f"application_plans/{limit.plan_id}/metrics/{limit.metric_id}"),
        ("self", lambda limit: _path("limits", limit)),
        ("plan", lambda limit: f"application_plans/{limit.plan_id}"),
    ),
)
PRICING_RULE = Representation(
    "pricing_rule",
    "pricing_rules",
    (
        field("id", int, "pk"),
        field("metric_id", int),
        field("plan_id", int, only=XML),
        field("cost_per_unit", str, lambda rule: _price(rule.cost_per_unit)),
        field("min", int),
        field("max", int, null=True),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("plan", lambda rule: f"application_plans/{rule.plan_id}"),
        ("self", lambda rule: _path("pricing_rules", rule)),
    ),
)
PLAN_METRIC = Representation(
    "plan_metric",
    "plan_metrics",
    (
        field("plan_id", int),
        field("metric_id", int),
        field("visible", bool),
        field("limits_only_text", bool),
        field("enabled", bool, lambda of: plan_metrics.is_enabled(of.plan, of.metric)),
    ),
)


def _limits(call: Call) -> QuerySet[Limit]:
    return Limit.objects.filter(plan=call.plan, metric=call.plan_metric).order_by("pk")


def _prices(call: Call) -> QuerySet[PricingRule]:
    return PricingRule.objects.filter(plan=call.plan, metric=call.plan_metric).order_by("pk")


LIMITS = Records(
    LIMIT,
    "limit_id",
    _limits,
    lambda call: Limit(plan=call.plan, metric=call.plan_metric),
    (
        Parameter("period", required=True, choices=PERIODS),
        Parameter(
            "value", Kind.INTEGER, "At most so many; 0: none at all.", required=True, empty=0
        ),
    ),
)
PRICING_RULES = Records(
    PRICING_RULE,
    "pricing_rule_id",
    _prices,
    lambda call: PricingRule(plan=call.plan, metric=call.plan_metric),
    (
        Parameter("cost_per_unit", Kind.DECIMAL, "With at most four decimals.", required=True),
        Parameter("min", Kind.INTEGER, "From this unit of a month on; 1 if left out."),
        Parameter("max", Kind.INTEGER, "Up to this one; without end if left out."),
    ),
)
PLAN_LIMITS = Records(LIMIT, "limit_id", lambda call: call.plan.limits.order_by("pk"), paged=True)
PLAN_PRICING_RULES = Records(
    PRICING_RULE, "pricing_rule_id", lambda call: call.plan.pricing_rules.order_by("pk")
)

PLAN_METRIC_PARAMETERS = (
    Parameter("visible", Kind.BOOLEAN, "Whether developers see the metric."),
    Parameter("limits_only_text", Kind.BOOLEAN, "Whether its limits are told as text only."),
    Parameter("enabled", Kind.BOOLEAN, "Whether the plan lets it be used.", attribute=None),
)


def show_plan_metric(call: Call) -> Answer:
    return Shown(PLAN_METRIC, plan_metrics.shown(call.plan, call.plan_metric))


def update_plan_metric(call: Call) -> Answer:
    shown = plan_metrics.shown(call.plan, call.plan_metric)
    save(shown, call, PLAN_METRIC_PARAMETERS)
    if "enabled" in call.given:
        change = plan_metrics.enable if call.given["enabled"] else plan_metrics.disable
        change(call.plan, call.plan_metric)
    return Shown(PLAN_METRIC, PlanMetric.objects.get(pk=shown.pk))


_PLAN = "application_plans/{plan_id}"
_METRIC = f"{_PLAN}/metrics/{{metric_id}}"

ENDPOINTS = (
    *(
        endpoint
        for path in (f"{_PLAN}/limits", f"services/{{service_id}}/{_PLAN}/limits")
        for endpoint in endpoints(
            path, PLAN_LIMITS, group="Limits", what="limit",
            see="see_products", edit="edit_products", only="index",
        )
    ),
    *endpoints(
        f"{_METRIC}/limits", LIMITS, group="Limits", what="limit",
        see="see_products", edit="edit_products",
    ),
    *endpoints(
        f"{_PLAN}/pricing_rules", PLAN_PRICING_RULES, group="Pricing rules",
        what="pricing rule", see="see_products", edit="edit_products", only="index",
    ),
    *endpoints(
        f"{_METRIC}/pricing_rules", PRICING_RULES, group="Pricing rules", what="pricing rule",
        see="see_products", edit="edit_products",
    ),
    Endpoint(
        "GET", _METRIC, show_plan_metric, "see_products", "Read how a plan shows a metric",
        "Limits", shape=PLAN_METRIC,
    ),
    Endpoint(
        "PUT", _METRIC, update_plan_metric, "edit_products", "Set how a plan shows a metric",
        "Limits", PLAN_METRIC_PARAMETERS, PLAN_METRIC, wrapper="plan_metric",
    ),
)  # fmt: skip
