"""What is marked on the time line of charts."""

from datetime import datetime

from django.db.models import QuerySet

from tallygate.api.management.call import Call, one
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    Representation,
    field,
)
from tallygate.catalog.models import ChartAnnotation

CHART_ANNOTATION = Representation(
    "chart_annotation",
    "chart_annotations",
    (
        field("id", int, "pk"),
        field("title"),
        field("description"),
        field("at", datetime),
        field("service_id", int, "product_id", null=True),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("self", lambda each: f"chart_annotations/{each.pk}"),
        ("service", lambda each: each.product_id and f"services/{each.product_id}"),
    ),
)


def _found(call: Call) -> QuerySet[ChartAnnotation]:
    """Those of the products that may be seen, and of all products."""
    return call.asker.shared(ChartAnnotation).order_by("pk")


def _set_product(annotation: ChartAnnotation, call: Call) -> None:
    if "service_id" in call.given:
        key = call.given["service_id"]
        annotation.product = None if key is None else one(call.asker.products(), key)


CHART_ANNOTATIONS = Records(
    CHART_ANNOTATION,
    "chart_annotation_id",
    _found,
    lambda call: ChartAnnotation(provider=call.asker.provider),
    (
        Parameter("title", required=True, description="What happened: v2 launched."),
        Parameter("at", Kind.TIME, "When.", required=True),
        Parameter("description", description="What else one should know."),
        Parameter("service_id", Kind.INTEGER, "On whose charts; left out: on all.", attribute=None),
    ),
    _set_product,
    paged=True,
)

ENDPOINTS = endpoints(
    "chart_annotations", CHART_ANNOTATIONS, group="Charts", what="chart annotation",
    see="see_analytics", edit="edit_annotations",
)  # fmt: skip
