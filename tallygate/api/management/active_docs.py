"""Descriptions of APIs, for developers to read and try."""

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
from tallygate.catalog.models import ActiveDoc

ACTIVE_DOC = Representation(
    "api_doc",
    "api_docs",
    (
        field("id", int, "pk"),
        field("system_name"),
        field("name"),
        field("description"),
        field("published", bool),
        field("skip_swagger_validations", bool),
        field("body"),
        field("service_id", int, "product_id", null=True),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(("self", lambda doc: f"active_docs/{doc.pk}"),),
)


def _found(call: Call) -> QuerySet[ActiveDoc]:
    return call.asker.shared(ActiveDoc).order_by("pk")


def _set_product(doc: ActiveDoc, call: Call) -> None:
    if "service_id" in call.given:
        key = call.given["service_id"]
        doc.product = None if key is None else one(call.asker.products(), key)


ACTIVE_DOCS = Records(
    ACTIVE_DOC,
    "active_doc_id",
    _found,
    lambda call: ActiveDoc(provider=call.asker.provider),
    (
        Parameter("name", required=True),
        Parameter("system_name", only_new=True, description="Made from the name if left out."),
        Parameter("body", required=True, description="The document as JSON, in a text."),
        Parameter("description"),
        Parameter("service_id", Kind.INTEGER, "The product that it describes.", attribute=None),
        Parameter("published", Kind.BOOLEAN, "Whether developers see it."),
        Parameter("skip_swagger_validations", Kind.BOOLEAN, "Whether any JSON will do."),
    ),
    _set_product,
)


ENDPOINTS = endpoints(
    "active_docs", ACTIVE_DOCS, group="ActiveDocs", what="description of an API",
    see="see_products", edit="edit_products", wrapper="api_docs_service",
)  # fmt: skip
