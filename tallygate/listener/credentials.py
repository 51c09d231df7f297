"""Who is calling, and for which application: the protocol's checks in the protocol's order."""

import re
from typing import Final

from tallygate.domain.errors import (
    ApplicationNotFound,
    AuthenticationError,
    ProviderKeyInvalid,
    ProviderKeyInvalidOrServiceMissing,
    ProviderKeyOrServiceTokenRequired,
    ServiceIdInvalid,
    ServiceIdMissing,
    ServiceTokenInvalid,
    UserKeyInvalid,
)
from tallygate.listener.parameters import Parameters, is_utf8
from tallygate.registry.contract import Registry
from tallygate.registry.views import ApplicationView, ServiceView

_CREDENTIALS: Final = ("service_id", "app_id", "app_key", "user_key", "provider_key")
_MODE_1: Final = re.compile(r"\s*0*1(?!\d)")


def normalise(parameters: Parameters) -> None:
    """Drops credentials that are blank or no text; of GET calls only. An empty app key is kept: OAuth tells it from none."""
    for name in _CREDENTIALS:
        if name not in parameters:
            continue
        value = parameters[name]
        if name == "app_key" and isinstance(value, str):
            parameters[name] = value.strip()
        elif not isinstance(value, str) or not value.strip():
            del parameters[name]


def text(parameters: Parameters, name: str) -> str | None:
    """A parameter that must be text; a list or map counts as absent."""
    value = parameters.get(name)
    return value if isinstance(value, str) else None


def provider_key(registry: Registry, parameters: Parameters) -> str:
    """The calling provider's key: given, or that of the service whose token was given.

    Raises:
        ProviderKeyOrServiceTokenRequired, ServiceIdMissing, ServiceTokenInvalid
    """
    key = text(parameters, "provider_key")
    if key:
        return key
    token, service_id = text(parameters, "service_token"), text(parameters, "service_id")
    if token is None or not token.strip():
        raise ProviderKeyOrServiceTokenRequired()
    if service_id is None or not service_id.strip():
        raise ServiceIdMissing()
    view = registry.service(service_id) if is_utf8(service_id) else None
    if view is None or token not in view.tokens:
        raise ServiceTokenInvalid(token, service_id)
    return view.service.provider_key


def service(registry: Registry, key: str, service_id: str | None) -> ServiceView:
    """The service that the call is about.

    Raises:
        ProviderKeyInvalidOrServiceMissing, ServiceIdInvalid, ProviderKeyInvalid
    """
    if service_id is None:
        service_id = registry.default_service_id(key)
        if service_id is None:
            raise ProviderKeyInvalidOrServiceMissing(key)
    view = registry.service(service_id)
    if view is None:
        raise ServiceIdInvalid(service_id)
    if view.service.provider_key != key:
        if registry.default_service_id(key) is not None:
            raise ServiceIdInvalid(service_id)
        raise ProviderKeyInvalid(key)
    return view


def uses_user_keys(view: ServiceView) -> bool:
    """Whether applications of the service are found by user key (authentication mode 1)."""
    return _MODE_1.match(view.service.backend_version) is not None


def uses_oauth(view: ServiceView) -> bool:
    """Whether an identity provider vouches for the service's callers (OpenID Connect)."""
    return view.service.backend_version == "oauth"


def application(
    registry: Registry, view: ServiceView, app_id: str | None, user_key: str | None
) -> ApplicationView:
    """The application of an authorize or authrep call.

    Raises:
        AuthenticationError, UserKeyInvalid, ApplicationNotFound
    """
    if app_id is not None and user_key is not None:
        raise AuthenticationError()
    if uses_user_keys(view):
        app_id = _by_user_key(registry, view, user_key)
    return _by_id(registry, view, app_id)


def reported_application(
    registry: Registry, view: ServiceView, app_id: str | None, user_key: str | None
) -> ApplicationView:
    """The application of a reported transaction: by user key in any authentication mode.

    Raises:
        AuthenticationError, UserKeyInvalid, ApplicationNotFound
    """
    if app_id is not None and user_key is not None:
        raise AuthenticationError()
    if user_key is not None:
        app_id = _by_user_key(registry, view, user_key)
    return _by_id(registry, view, app_id or None)


def _by_user_key(registry: Registry, view: ServiceView, user_key: str | None) -> str:
    found = user_key and registry.application_id_of(view.service.id, user_key)
    if not found:
        raise UserKeyInvalid(user_key)
    return found


def _by_id(registry: Registry, view: ServiceView, app_id: str | None) -> ApplicationView:
    found = None if app_id is None else registry.application(view.service.id, app_id)
    if found is None:
        raise ApplicationNotFound(app_id)
    return found
