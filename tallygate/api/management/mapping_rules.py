"""Mapping rules, of products and of backends."""

from collections.abc import Callable

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
from tallygate.catalog.models import MappingRule, Metric
from tallygate.domain.mapping_patterns import METHODS


def _self(rule: MappingRule) -> str:
    if rule.product_id is not None:
        return f"services/{rule.product_id}/proxy/mapping_rules/{rule.pk}"
    return f"backend_apis/{rule.backend_id}/mapping_rules/{rule.pk}"


def _owner(rule: MappingRule) -> str:
    if rule.product_id is not None:
        return f"services/{rule.product_id}"
    return f"backend_apis/{rule.backend_id}"


MAPPING_RULE = Representation(
    "mapping_rule",
    "mapping_rules",
    (
        field("id", int, "pk"),
        field("metric_id", int),
        field("pattern"),
        field("http_method"),
        field("delta", int),
        field("position", int),
        field("last", bool),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("self", _self),
        ("owner", _owner),
        ("metric", lambda rule: f"{_owner(rule)}/metrics/{rule.metric_id}"),
    ),
)

_PARAMETERS = (
    Parameter("http_method", required=True, choices=METHODS),
    Parameter("pattern", required=True, description="Begins with /; may have {name}, $ and ?query."),
    Parameter("delta", Kind.INTEGER, "What a matching call adds to the metric.", required=True),
    Parameter("metric_id", Kind.INTEGER, "A metric or method of the same owner.", attribute=None, required=True),
    Parameter("position", Kind.INTEGER, "Its place among the owner's rules, from 1."),
    Parameter("last", Kind.BOOLEAN, "Whether no rule after it is tried when it matches."),
)  # fmt: skip


def _set_metric(owners: Callable[[Call], QuerySet[Metric]]) -> Callable[[MappingRule, Call], None]:
    def set_metric(rule: MappingRule, call: Call) -> None:
        if call.given.get("metric_id") is not None:
            rule.metric = one(owners(call), call.given["metric_id"])

    return set_metric


MAPPING_RULES = Records(
    MAPPING_RULE,
    "mapping_rule_id",
    lambda call: call.product.mapping_rules.all(),
    lambda call: MappingRule(product=call.product),
    _PARAMETERS,
    _set_metric(lambda call: call.product.metrics.all()),
)
BACKEND_MAPPING_RULES = Records(
    MAPPING_RULE,
    "mapping_rule_id",
    lambda call: call.backend.mapping_rules.all(),
    lambda call: MappingRule(backend=call.backend),
    _PARAMETERS,
    _set_metric(lambda call: call.backend.metrics.all()),
    paged=True,
)


ENDPOINTS = (
    *endpoints(
        "services/{service_id}/proxy/mapping_rules", MAPPING_RULES, group="Mapping rules",
        what="mapping rule", see="see_products", edit="edit_products",
    ),
    *endpoints(
        "backend_apis/{backend_api_id}/mapping_rules", BACKEND_MAPPING_RULES,
        group="Mapping rules", what="backend mapping rule", see="see_backends",
        edit="edit_backends", formats=JSON_ONLY,
    ),
)  # fmt: skip
