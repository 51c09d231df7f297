"""What an application may call with: its keys, and the referrers from which it may."""

import base64
import binascii
import re
import secrets
from typing import Final

from tallygate.listener.internal.answers import DELETED, Answer, Refused, invalid, not_found
from tallygate.listener.internal.applications import find
from tallygate.listener.internal.request import Request, text
from tallygate.registry.store import Store

_BASE64: Final = re.compile(r"[A-Za-z0-9_-]+={0,2}")


def keys(store: Store, request: Request) -> Answer:
    application = find(store, request.ids)
    found = [
        {"service_id": application.service_id, "app_id": application.id, "value": value}
        for value in store.tables.application_keys(application.service_id, application.id)
    ]
    return Answer(200, {"status": "found", "application_keys": found})


def create_key(store: Store, request: Request) -> Answer:
    """A key that is not given is made at random."""
    application = find(store, request.ids)
    given = request.parameters.get("application_key") or {}
    if not isinstance(given, dict):
        raise invalid("application_key")
    value = text(given, "value") or secrets.token_hex(16)
    store.writer.put_application_key(application.service_id, application.id, value)
    key = {"app_id": application.id, "value": value}
    return Answer(201, {"status": "created", "application_key": key})


def delete_key(store: Store, request: Request) -> Answer:
    application, value = find(store, request.ids), request.ids["value"]
    if value not in store.tables.application_keys(application.service_id, application.id):
        raise not_found("application key not found")
    store.writer.delete_application_key(application.service_id, application.id, value)
    return DELETED


def referrer_filters(store: Store, request: Request) -> Answer:
    application = find(store, request.ids)
    found = store.tables.referrer_filters(application.service_id, application.id)
    return Answer(200, {"status": "found", "referrer_filters": sorted(found)})


def create_referrer_filter(store: Store, request: Request) -> Answer:
    application = find(store, request.ids)
    value = text(request.parameters, "referrer_filter")
    if value is None or not value.strip():
        raise Refused(400, "referrer filter can't be blank", word=None)
    store.writer.put_referrer_filter(application.service_id, application.id, value)
    return Answer(201, {"status": "created", "referrer_filter": value})


def delete_referrer_filter(store: Store, request: Request) -> Answer:
    application = find(store, request.ids)
    value = _decoded(request.ids["value"])
    if value is not None:
        store.writer.delete_referrer_filter(application.service_id, application.id, value)
    return DELETED


def _decoded(value: str) -> str | None:
    """The filter that a path means: URL-safe base64 if it can be that, else the filter itself. None: it means nothing."""
    if not _BASE64.fullmatch(value):
        return value
    bare = value.rstrip("=")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except binascii.Error:
        return value
    except UnicodeDecodeError:
        return None
