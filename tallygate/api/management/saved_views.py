"""Pages of the portal under a name."""

from django.db.models import QuerySet

from tallygate.api.management.call import Call
from tallygate.api.management.parameter import Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    Representation,
    field,
)
from tallygate.catalog.models import SavedView

SAVED_VIEW = Representation(
    "saved_view",
    "saved_views",
    (
        field("id", int, "pk"),
        field("name"),
        field("url"),
        field("service_id", int, "product_id", null=True),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(("self", lambda view: f"saved_views/{view.pk}"),),
)


def _found(call: Call) -> QuerySet[SavedView]:
    """Those of the products that may be seen, and of pages that are no product's."""
    return call.asker.shared(SavedView).order_by("pk")


SAVED_VIEWS = Records(
    SAVED_VIEW,
    "saved_view_id",
    _found,
    lambda call: SavedView(provider=call.asker.provider),
    (
        Parameter("name", required=True, description="Its name, unique in the organisation."),
        Parameter(
            "url",
            required=True,
            description="The page's path and query: /products/1/traffic?frame=30d.",
        ),
    ),
    paged=True,
)

ENDPOINTS = endpoints(
    "saved_views", SAVED_VIEWS, group="Charts", what="saved view",
    see="see_analytics", edit="edit_saved_views",
)  # fmt: skip
