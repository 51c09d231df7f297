"""Usage limits of plans, and the alert limits of services."""

from typing import Any

from tallygate.listener.internal.answers import (
    DELETED,
    Answer,
    Refused,
    invalid,
    missing,
    not_found,
)
from tallygate.listener.internal.request import Request, whole_number
from tallygate.registry.records import ALERT_LEVELS, PERIODS, AlertLimit, Limit
from tallygate.registry.store import Store

_MAX_VALUE = 2**63 - 1


def get_usage_limit(store: Store, request: Request) -> Answer:
    ids = request.ids
    limit = store.tables.limit(ids["service"], ids["plan"], ids["metric"], ids["period"])
    if limit is None:
        raise not_found("usagelimit not found")
    return Answer(200, {"status": "found", "usagelimit": _shown(request, limit.value)})


def put_usage_limit(store: Store, request: Request) -> Answer:
    """A period that does not exist is answered as if it did, and nothing is kept, as the protocol has it."""
    given = request.attributes("usagelimit")
    ids, period = request.ids, request.ids["period"]
    if given.get(period) is None:
        raise missing(period)
    value = whole_number(given[period])
    if value is None or not 0 <= value <= _MAX_VALUE:
        raise invalid(period)
    if period in PERIODS:
        store.writer.put_limit(Limit(ids["service"], ids["plan"], ids["metric"], period, value))
    return Answer(200, {"status": "modified", "usagelimit": _shown(request, given[period])})


def delete_usage_limit(store: Store, request: Request) -> Answer:
    ids = request.ids
    store.writer.delete_limit(ids["service"], ids["plan"], ids["metric"], ids["period"])
    return DELETED


def alert_limits(store: Store, request: Request) -> Answer:
    service_id = request.ids["service"]
    found = [_alert(service_id, level) for level in store.tables.alert_levels(service_id)]
    return Answer(200, {"status": "found", "alert_limits": found})


def create_alert_limit(store: Store, request: Request) -> Answer:
    """A level that is there already is created again: nothing changes."""
    given = request.parameters.get("alert_limit")
    level = whole_number(given.get("value")) if isinstance(given, dict) else None
    if level not in ALERT_LEVELS:
        raise Refused(400, "alert limit is invalid", word=None)
    service_id = request.ids["service"]
    store.writer.put_alert_limit(AlertLimit(service_id, level))
    return Answer(201, {"status": "created", "alert_limit": _alert(service_id, level)})


def delete_alert_limit(store: Store, request: Request) -> Answer:
    service_id, level = request.ids["service"], whole_number(request.ids["level"])
    if level not in store.tables.alert_levels(service_id):
        raise not_found("alert limit not found")
    store.writer.delete_alert_limit(service_id, level)
    return DELETED


def _shown(request: Request, value: Any) -> dict[str, Any]:
    ids = request.ids
    return {
        "service_id": ids["service"],
        "plan_id": ids["plan"],
        "metric_id": ids["metric"],
        ids["period"]: value,
    }


def _alert(service_id: str, level: int) -> dict[str, Any]:
    return {"service_id": service_id, "value": level}
