"""Service tokens: with one, a gateway may call for one service."""

from typing import Any

from tallygate.listener.internal.answers import Answer, Refused, invalid, not_found
from tallygate.listener.internal.request import Request, text
from tallygate.registry.store import Store


def exists(store: Store, request: Request) -> Answer:
    """For HEAD: the status says it."""
    found = store.tables.has_token(request.ids["service"], request.ids["token"])
    return Answer(200 if found else 404, {})


def provider_key(store: Store, request: Request) -> Answer:
    service_id = request.ids["service"]
    if not store.tables.has_token(service_id, request.ids["token"]):
        raise not_found("token/service combination not found")
    service = store.tables.service(service_id)
    return Answer(200, {"status": "found", "provider_key": service and service.provider_key})


def create(store: Store, request: Request) -> Answer:
    """All of them or, where one is wrong, none."""
    given = _required(request)
    if not isinstance(given, dict):
        raise invalid("service_tokens")
    pairs = [(token, _text(of, "service_id")) for token, of in given.items()]
    if not all(token.strip() for token, _ in pairs):
        raise Refused(422, "Service token cannot be blank")
    if not all(service_id.strip() for _, service_id in pairs):
        raise Refused(422, "Service ID cannot be blank")
    for token, service_id in pairs:
        store.writer.put_service_token(service_id, token)
    return Answer(201, {"status": "created"})


def delete(store: Store, request: Request) -> Answer:
    given = _required(request)
    if not isinstance(given, list):
        raise invalid("service_tokens")
    count = 0
    for each in given:
        token, service_id = _text(each, "service_token"), _text(each, "service_id")
        if store.tables.has_token(service_id, token):
            store.writer.delete_service_token(service_id, token)
            count += 1
    return Answer(200, {"status": "deleted", "count": count})


def _required(request: Request) -> Any:
    given = request.parameters.get("service_tokens")
    if given is None:
        raise Refused(400, "missing parameter 'service_tokens'", word=None)
    return given


def _text(given: Any, name: str) -> str:
    """An attribute of one of the tokens, '' if it is not given."""
    if not isinstance(given, dict | None):
        raise invalid("service_tokens")
    return text(given or {}, name) or ""
