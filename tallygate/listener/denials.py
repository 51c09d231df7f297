"""What may deny a call that is well formed: app key, redirect, referrer, state. Limits are the ledger's."""

from typing import NamedTuple

from tallygate.listener.credentials import text, uses_oauth, uses_user_keys
from tallygate.listener.parameters import Parameters
from tallygate.registry.views import ApplicationView, ServiceView


class Denial(NamedTuple):
    """The stable code, which goes into a header, and the reason in words."""

    code: str
    reason: str


LIMITS_EXCEEDED = Denial("limits_exceeded", "usage limits are exceeded")
OAUTH_NOT_ENABLED = Denial("oauth_not_enabled", "oauth is not enabled")


def denial(
    view: ServiceView, application: ApplicationView, parameters: Parameters, oauth: bool = False
) -> Denial | None:
    """The first thing that denies the call, in the protocol's order; `oauth`: it came to an OAuth endpoint."""
    if oauth and not uses_oauth(view):
        return OAUTH_NOT_ENABLED
    return (
        _app_key(view, application, text(parameters, "app_key"))
        or (_redirect(application, parameters) if oauth else None)
        or _referrer(view, application, text(parameters, "referrer"))
        or _state(view, application)
    )


def _app_key(view: ServiceView, application: ApplicationView, key: str | None) -> Denial | None:
    if uses_user_keys(view):
        return None
    needed = key is not None if uses_oauth(view) else bool(application.keys)
    if not needed or (key and key in application.keys):
        return None
    return Denial(
        "application_key_invalid",
        f'application key "{key}" is invalid' if key else "application key is missing",
    )


def redirect_name(parameters: Parameters) -> str:
    """The parameter that names where to redirect to: the old name goes before the new one."""
    new_alone = "redirect_uri" in parameters and "redirect_url" not in parameters
    return "redirect_uri" if new_alone else "redirect_url"


def _redirect(application: ApplicationView, parameters: Parameters) -> Denial | None:
    name = redirect_name(parameters)
    given = text(parameters, name)
    if not given or given == application.application.redirect_url:
        return None
    return Denial(f"{name}_invalid", f'{name} "{given}" is invalid')


def _referrer(
    view: ServiceView, application: ApplicationView, referrer: str | None
) -> Denial | None:
    if not view.service.referrer_filters_required or not application.referrer_filters:
        return None
    if referrer is None or not referrer.strip():
        return Denial("referrer_not_allowed", "referrer is missing")
    if referrer == "*" or any(_matches(each, referrer) for each in application.referrer_filters):
        return None
    return Denial("referrer_not_allowed", f'referrer "{referrer}" is not allowed')


def _matches(referrer_filter: str, referrer: str) -> bool:
    """Whether the filter, in which `*` is any run of characters without a newline, is the whole referrer.

    Not a regular expression: with many stars and a long referrer it could take minutes.
    """
    first, *others = referrer_filter.split("*")
    if not others or "\n" in referrer:
        return referrer == referrer_filter
    *between, last = others
    at, end = len(first), len(referrer) - len(last)
    if at > end or not (referrer.startswith(first) and referrer.endswith(last)):
        return False
    for part in between:
        found = referrer.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _state(view: ServiceView, application: ApplicationView) -> Denial | None:
    if application.application.state != "active":
        return Denial("application_not_active", "application is not active")
    if view.service.state != "active":
        return Denial("service_not_active", "service is not active")
    return None
