"""The provider itself: who it is, how its Developer Portal behaves, what was changed."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Done, Listed, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import JSON_ONLY, Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import save
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    Representation,
    field,
)
from tallygate.catalog.access import Forbidden, number_of
from tallygate.catalog.models import AuditEntry, PortalSettings, Proxy
from tallygate.catalog.models.portal_settings import PlanChange

PROVIDER = Representation(
    "account",
    "accounts",
    (
        field("id", int, "pk"),
        field("created_at", CREATED_AT.type),
        field("updated_at", UPDATED_AT.type),
        field("org_name", str, "name"),
        field("state"),
        field("from_email"),
        field("support_email"),
        field("finance_support_email"),
        field("site_access_code"),
        field("timezone", str, "time_zone"),
        field("past_window_s", int, null=True),
        field("future_window_s", int, null=True),
    ),
    links=(("users", lambda _provider: "users"),),
    title="provider",
)
PROVIDER_PARAMETERS = (
    Parameter("org_name", attribute="name", description="The organisation's name."),
    Parameter("from_email", description="Who mail to developers comes from."),
    Parameter("support_email", description="Whom developers ask."),
    Parameter("finance_support_email", description="Whom they ask about bills."),
    Parameter("site_access_code", description="Opens the Developer Portal while it is not public."),
    Parameter("timezone", attribute="time_zone", description="An IANA name: Europe/Madrid."),
    Parameter(
        "past_window_s",
        Kind.INTEGER,
        description="How old what is reported may be, in seconds; null: as the installation has it.",
    ),
    Parameter(
        "future_window_s",
        Kind.INTEGER,
        description="How far ahead its time may be, in seconds; null: as the installation has it.",
    ),
)

_SWITCHES = (
    "useraccountarea_enabled", "hide_service", "signups_enabled", "account_approval_required",
    "strong_passwords_enabled", "public_search", "account_plans_ui_visible",
    "service_plans_ui_visible", "enforce_sso",
)  # fmt: skip
_PERMISSIONS = ("change_account_plan_permission", "change_service_plan_permission")


def _approval(settings: PortalSettings) -> bool:
    plan = settings.provider.account_plan_for_new()
    return plan is not None and plan.approval_required


SETTINGS = Representation(
    "settings",
    "settings",
    (
        *(
            field(name, bool, _approval if name == "account_approval_required" else name)
            for name in _SWITCHES
        ),
        *(field(name) for name in _PERMISSIONS),
    ),
)
SETTINGS_PARAMETERS = (
    *(
        Parameter(name, Kind.BOOLEAN, attribute=None if name == "account_approval_required" else "")
        for name in _SWITCHES
    ),
    *(Parameter(name, choices=tuple(PlanChange.values)) for name in _PERMISSIONS),
)

AUDIT_ENTRY = Representation(
    "audit_entry",
    "audit_entries",
    (
        field("id", int, "pk"),
        field("at", datetime),
        field("actor_id", int, null=True),
        field("actor_name"),
        field("via"),
        field("action"),
        field("kind"),
        field("record_id", int),
        field("record_name"),
        field("before", dict, null=True),
        field("after", dict, null=True),
    ),
)
AUDIT_PARAMETERS = (
    Parameter("kind", attribute=None, description="Of record: product, application, limit."),
    Parameter("record_id", attribute=None),
    Parameter("actor_id", attribute=None),
    Parameter("action", attribute=None, choices=("create", "update", "delete")),
)
STATUS_PARAMETERS = (
    Parameter(
        "object_type", attribute=None, choices=("service", "account", "proxy", "backend_api")
    ),
    Parameter("object_id", attribute=None),
)


def show(call: Call) -> Answer:
    return Shown(PROVIDER, call.asker.provider)


def update(call: Call) -> Answer:
    provider = call.asker.provider
    save(provider, call, PROVIDER_PARAMETERS)
    return Shown(PROVIDER, provider)


def settings(call: Call) -> Answer:
    return Shown(SETTINGS, call.asker.provider.settings)


def update_settings(call: Call) -> Answer:
    """Whether accounts wait for approval is said by their default plan."""
    found = call.asker.provider.settings
    save(found, call, SETTINGS_PARAMETERS)
    plan = call.asker.provider.account_plan_for_new()
    if plan is not None and "account_approval_required" in call.given:
        plan.approval_required = call.given["account_approval_required"]
        plan.save()
    return Shown(SETTINGS, call.asker.provider.settings)


def audit_log(call: Call) -> Answer:
    """The newest first."""
    found = AuditEntry.objects.filter(provider=call.asker.provider)
    for name in ("kind", "action"):
        if call.given.get(name):
            found = found.filter(**{name: call.given[name]})
    for name in ("record_id", "actor_id"):
        if call.given.get(name):
            found = found.filter(**{name: number_of(call.given[name])})
    records, pages = call.page(found)
    return Listed(AUDIT_ENTRY, records, pages)


def _proxies(call: Call) -> QuerySet[Proxy]:
    return Proxy.objects.filter(product__provider=call.asker.provider)


_OBJECTS: dict[str, Callable[[Call], QuerySet[Any]]] = {
    "service": lambda call: call.asker.products(),
    "account": lambda call: call.asker.accounts(),
    "proxy": _proxies,
    "backend_api": lambda call: call.asker.backends(),
}


def object_status(call: Call) -> Answer:
    """200 while it is there; deleting is done when it is answered, so that 404 comes at once."""
    found = _OBJECTS.get(call.given.get("object_type", ""))
    if found is None:
        raise Forbidden
    one(found(call), call.given.get("object_id", ""))
    return Done()


_ENDPOINT = partial(Endpoint, group="Provider")

ENDPOINTS = (
    _ENDPOINT("GET", "provider", show, "see_provider", "Read the provider", shape=PROVIDER),
    _ENDPOINT(
        "PUT", "provider", update, "edit_provider", "Update the provider",
        parameters=PROVIDER_PARAMETERS, shape=PROVIDER, wrapper="account",
    ),
    _ENDPOINT(
        "GET", "settings", settings, "see_provider", "Read the Developer Portal's settings",
        shape=SETTINGS, formats=JSON_ONLY,
    ),
    _ENDPOINT(
        "PUT", "settings", update_settings, "edit_settings",
        "Update the Developer Portal's settings", parameters=SETTINGS_PARAMETERS,
        shape=SETTINGS, wrapper="settings", formats=JSON_ONLY,
    ),
    _ENDPOINT(
        "GET", "objects/status", object_status, "see_object_status",
        "Tell whether an object is still there", parameters=STATUS_PARAMETERS,
        formats=JSON_ONLY,
    ),
    _ENDPOINT(
        "GET", "audit_log", audit_log, "see_audit_log",
        "List who changed what, the newest first", parameters=AUDIT_PARAMETERS,
        shape=AUDIT_ENTRY, many=True, paged=True, formats=JSON_ONLY,
    ),
)  # fmt: skip
