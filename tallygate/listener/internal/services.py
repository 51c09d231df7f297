"""Services, and which of them is a provider's default."""

from typing import Any, Final

from msgspec.structs import replace

from tallygate.listener.internal.answers import (
    DELETED,
    Answer,
    Refused,
    invalid,
    missing,
    not_found,
)
from tallygate.listener.internal.request import (
    Object,
    Request,
    required_text,
    seconds,
    switch,
    text,
)
from tallygate.registry.records import Service
from tallygate.registry.store import Store

_ACTIVE: Final = "active"
_WINDOWS: Final = ("past_window_s", "future_window_s")
"""Beyond the reference: told of services that have their own."""


def get(store: Store, request: Request) -> Answer:
    service = store.tables.service(request.ids["service"])
    if service is None:
        raise Refused(404, "not_found", word=None)
    return Answer(200, {"status": "found", "service": _shown(service)})


def create(store: Store, request: Request) -> Answer:
    """Creates or replaces; only the authentication mode of one that exists is kept when none is given."""
    given = request.attributes("service")
    saved = _save(store, *_anew(store, given), given)
    return Answer(201, {"service": _echo(saved, given, None), "status": "created"})


def update(store: Store, request: Request) -> Answer:
    """Changes what is given; a service that does not exist is created under the id inside the object."""
    given = request.attributes("service")
    stored = store.tables.service(request.ids["service"])
    base, former = (stored, stored) if stored else _anew(store, given)
    saved = _save(store, base, former, given)
    return Answer(200, {"service": _echo(saved, given, stored), "status": "ok"})


def delete(store: Store, request: Request) -> Answer:
    service_id = request.ids["service"]
    service = store.tables.service(service_id)
    if service is None:
        raise not_found(f'service id "{service_id}" is invalid')
    if service.default and len(store.tables.service_ids(service.provider_key)) > 1:
        message = f'Service id="{service_id}" is the default service, cannot be removed'
        raise Refused(400, message, word=None)
    store.writer.delete_service(service_id)
    return DELETED


def change_provider_key(store: Store, request: Request) -> Answer:
    former, key = request.ids["key"], text(request.parameters, "new_key")
    if not key or key == former:
        raise Refused(400, "Provider keys are not valid, must be not nil and different", word=None)
    if store.tables.service_ids(key):
        raise Refused(400, f'Provider key="{key}" already exists', word=None)
    if not store.tables.service_ids(former):
        raise Refused(400, f'Provider key="{former}" does not exist', word=None)
    store.writer.change_provider_key(former, key)
    return Answer(200, {"status": "ok"})


def _anew(store: Store, given: Object) -> tuple[Service, Service | None]:
    """A service with nothing but its id, and the one that has this id already."""
    service_id = required_text(given, "id")
    if "/" in service_id:  # no path could name it
        raise invalid("id")
    former = store.tables.service(service_id)
    return Service(service_id, "", former.backend_version if former else ""), former


def _save(store: Store, base: Service, former: Service | None, given: Object) -> Service:
    key = text(given, "provider_key") or base.provider_key
    if not key.strip():
        raise missing("provider_key")
    state, mode = text(given, "state"), text(given, "backend_version")
    filters_required = switch(given, "referrer_filters_required")
    windows_s = {name: seconds(given, name) for name in _WINDOWS}
    saved = replace(
        base,
        provider_key=key,
        backend_version=base.backend_version if mode is None else mode,
        state=base.state if state is None else _ACTIVE if state == _ACTIVE else "suspended",
        referrer_filters_required=(
            base.referrer_filters_required if filters_required is None else filters_required
        ),
        default=(
            switch(given, "default_service") is True
            or (former is not None and former.default and former.provider_key == key)
            or store.tables.default_service_id(key) is None
        ),
        **{name: value for name, value in windows_s.items() if name in given},
    )
    store.writer.put_service(saved)
    return saved


def _shown(service: Service) -> dict[str, Any]:
    shown = {
        "id": service.id,
        "state": service.state,
        "provider_key": service.provider_key,
        "backend_version": service.backend_version or None,
        "referrer_filters_required": service.referrer_filters_required,
        "default_service": service.default,
    }
    windows_s = {name: getattr(service, name) for name in _WINDOWS}
    return shown | {name: value for name, value in windows_s.items() if value is not None}


def _echo(saved: Service, given: Object, stored: Service | None) -> dict[str, Any]:
    """What was saved; values that were given have the JSON types with which they were given."""
    shown = _shown(saved)
    if stored is None:
        shown["referrer_filters_required"] = None
    for name in ("provider_key", "backend_version", "referrer_filters_required"):
        if given.get(name) is not None:
            shown[name] = given[name]
    if text(given, "id") == saved.id:
        shown["id"] = given["id"]
    return shown
