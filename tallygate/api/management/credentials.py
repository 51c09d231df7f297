"""An application's keys and referrer filters."""

from tallygate.api.management.answer import Answer, Done, Listed, Shown
from tallygate.api.management.applications import APPLICATION, path
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Parameter
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    Representation,
    field,
)
from tallygate.catalog.access import NotFound
from tallygate.catalog.application_keys import add_key
from tallygate.catalog.models import ReferrerFilter

KEY = Representation(
    "key",
    "keys",
    (field("value"), CREATED_AT, UPDATED_AT),
    links=(("application", lambda key: path(key.application)),),
)
REFERRER_FILTER = Representation(
    "referrer_filter",
    "referrer_filters",
    (field("id", int, "pk"), field("value"), CREATED_AT, UPDATED_AT),
    links=(("application", lambda filter: path(filter.application)),),
)
KEY_PARAMETERS = (Parameter("key", attribute=None, description="Made if left out."),)
FILTER_PARAMETERS = (
    Parameter(
        "referrer_filter",
        attribute="value",
        required=True,
        description="A host; * stands for any run of characters.",
    ),
)


def keys(call: Call) -> Answer:
    return Listed(KEY, list(call.application.keys.select_related("application").order_by("pk")))


def create_key(call: Call) -> Answer:
    """The application is answered, as the protocol has it."""
    application = call.application
    call.refuse_problems()
    add_key(application, call.given.get("key") or None)
    return _application(call)


def destroy_key(call: Call) -> Answer:
    key = call.application.keys.filter(value=call.ids["key"]).first()
    if key is None:
        raise NotFound
    key.delete()
    return Done()


def filters(call: Call) -> Answer:
    found = call.application.referrer_filters.select_related("application").order_by("pk")
    return Listed(REFERRER_FILTER, list(found))


def create_filter(call: Call) -> Answer:
    """The application is answered, as the protocol has it."""
    application = call.application
    ReferrerFilter.objects.create(application=application, value=call.wanted("referrer_filter"))
    return _application(call)


def destroy_filter(call: Call) -> Answer:
    one(call.application.referrer_filters.all(), call.ids["referrer_filter_id"]).delete()
    return Done()


def _application(call: Call) -> Answer:
    """The application in the path as it is now."""
    return Shown(APPLICATION, one(call.applications(), call.ids["application_id"]), status=201)


_EACH = "accounts/{account_id}/applications/{application_id}"

ENDPOINTS = (
    Endpoint(
        "GET", f"{_EACH}/keys", keys, "see_accounts", "List an application's keys",
        "Application keys", shape=KEY, many=True,
    ),
    Endpoint(
        "POST", f"{_EACH}/keys", create_key, "edit_accounts", "Add a key", "Application keys",
        KEY_PARAMETERS, APPLICATION,
    ),
    Endpoint(
        "DELETE", f"{_EACH}/keys/{{key}}", destroy_key, "edit_accounts", "Remove a key",
        "Application keys",
    ),
    Endpoint(
        "GET", f"{_EACH}/referrer_filters", filters, "see_accounts",
        "List an application's referrer filters", "Referrer filters", shape=REFERRER_FILTER,
        many=True,
    ),
    Endpoint(
        "POST", f"{_EACH}/referrer_filters", create_filter, "edit_accounts",
        "Add a referrer filter", "Referrer filters", FILTER_PARAMETERS, APPLICATION,
    ),
    Endpoint(
        "DELETE", f"{_EACH}/referrer_filters/{{referrer_filter_id}}", destroy_filter,
        "edit_accounts", "Remove a referrer filter", "Referrer filters",
    ),
)  # fmt: skip
