"""Products, which the wire calls services."""

from typing import Any

from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Done
from tallygate.api.management.call import Call
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.events import state_event
from tallygate.api.management.metrics import METRIC
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    JSON,
    UPDATED_AT,
    XML,
    Representation,
    field,
)
from tallygate.catalog.deletion import delete_product
from tallygate.catalog.models import Product
from tallygate.catalog.models.portal_settings import PlanChange

_SWITCHES = {
    "intentions_required": "Whether developers must say what a new application is for.",
    "buyers_manage_apps": "Whether developers create, change and delete their applications.",
    "buyers_manage_keys": "Whether developers add and remove keys.",
    "referrer_filters_required": "Whether calls must come from a referrer that the application names.",
    "custom_keys_enabled": "Whether developers may choose a key's value.",
    "buyer_key_regenerate_enabled": "Whether developers may have a user key made anew.",
    "mandatory_app_key": "Whether new applications get a key at once.",
    "buyer_can_select_plan": "Whether developers choose the plan of a new application.",
}
_ANALYTICS = {
    "buyers_see_analytics": "Whether developers see what their applications use.",
    "buyers_see_response_codes": "Whether developers see how their calls were answered.",
}
"""Beyond what 3scale has."""

SERVICE = Representation(
    "service",
    "services",
    (
        field("id", int, "pk"),
        field("account_id", int, "provider_id", only=XML),
        field("name"),
        field("state"),
        field("system_name"),
        field("backend_version"),
        field("deployment_option"),
        field("support_email", str, lambda of: of.support_email or of.provider.support_email),
        field("description"),
        *(field(name, bool) for name in _SWITCHES),
        field("buyer_plan_change_permission"),
        *(field(name, bool) for name in _ANALYTICS),
        field("notification_settings", dict, only=JSON),
        field("annotations", dict, only=JSON),
        field("metrics", METRIC, lambda of: of.metrics.all(), only=XML, many=True),
        CREATED_AT,
        UPDATED_AT,
    ),
    links=(
        ("metrics", lambda of: f"services/{of.pk}/metrics"),
        ("self", lambda of: f"services/{of.pk}"),
        ("application_plans", lambda of: f"services/{of.pk}/application_plans"),
        ("features", lambda of: f"services/{of.pk}/features"),
    ),
)

_PARAMETERS = (
    Parameter("name", required=True, description="Its name for people."),
    Parameter("system_name", only_new=True, description="Its name for scripts; made from the name if left out."),
    Parameter("description"),
    Parameter("support_email", description="Whom its developers ask."),
    Parameter("deployment_option", choices=tuple(Product.DeploymentOption.values)),
    Parameter(
        "backend_version", choices=tuple(Product.BackendVersion.values),
        description="How applications authenticate: 1 user key, 2 id and key, oidc OpenID Connect.",
    ),
    *(Parameter(name, Kind.BOOLEAN, what) for name, what in _SWITCHES.items()),
    Parameter("buyer_plan_change_permission", choices=tuple(PlanChange.values)),
    *(Parameter(name, Kind.BOOLEAN, what) for name, what in _ANALYTICS.items()),
    Parameter(
        "notification_settings", Kind.OBJECT,
        "web_provider, email_provider, web_buyer, email_buyer -> levels of utilization in percent.",
    ),
    Parameter("annotations", Kind.OBJECT, "managed_by: which tool manages it."),
    Parameter("state_event", attribute=None, choices=tuple(Product.TRANSITIONS)),
)  # fmt: skip


def _found(call: Call) -> QuerySet[Product]:
    found = call.asker.products().select_related("provider")
    return found.prefetch_related("metrics") if call.form == XML else found


def _set(product: Product, call: Call) -> None:
    """Levels come as texts where they come from a form."""
    settings: dict[str, Any] = product.notification_settings
    for audience, levels in settings.items():
        if isinstance(levels, list):
            settings[audience] = [_level(level) for level in levels if level != ""]
    state_event(product, call.given)


def _level(level: Any) -> Any:
    return int(level) if isinstance(level, str) and level.isascii() and level.isdigit() else level


def destroy(call: Call) -> Answer:
    delete_product(PRODUCTS.one(call))
    return Done()


PRODUCTS = Records(
    SERVICE,
    "service_id",
    _found,
    lambda call: Product(provider=call.asker.provider),
    _PARAMETERS,
    _set,
    paged=True,
)


ENDPOINTS = (
    *endpoints(
        "services", PRODUCTS, group="Products", what="product", see="see_products",
        edit="edit_products", create="create_products", only="index create show update",
    ),
    Endpoint(
        "DELETE", "services/{service_id}", destroy, "create_products",
        "Delete a product, with all that hangs on it", "Products",
    ),
)  # fmt: skip
