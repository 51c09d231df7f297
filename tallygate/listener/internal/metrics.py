"""Metrics, and methods: metrics with a parent."""

from typing import Any

from tallygate.listener.internal.answers import DELETED, Answer, missing, not_found
from tallygate.listener.internal.request import Request, text
from tallygate.registry.records import Metric
from tallygate.registry.store import Store


def get(store: Store, request: Request) -> Answer:
    metric = _find(store, request)
    shown = _shown(request, metric.parent_id or None, metric.name)
    return Answer(200, {"status": "found", "metric": shown})


def create(store: Store, request: Request) -> Answer:
    return Answer(201, {"status": "created", "metric": _save(store, request)})


def update(store: Store, request: Request) -> Answer:
    """Creates or changes; a parent that is not given stays, although the answer says null."""
    return Answer(200, {"status": "modified", "metric": _save(store, request)})


def delete(store: Store, request: Request) -> Answer:
    """With its limits in all plans of the service."""
    metric = _find(store, request)
    store.writer.delete_metric(metric.service_id, metric.id)
    return DELETED


def _find(store: Store, request: Request) -> Metric:
    metric = store.tables.metric(request.ids["service"], request.ids["metric"])
    if metric is None:
        raise not_found("metric not found")
    return metric


def _save(store: Store, request: Request) -> dict[str, Any]:
    given = request.attributes("metric")
    service_id, metric_id = request.ids["service"], request.ids["metric"]
    stored = store.tables.metric(service_id, metric_id) or Metric(service_id, metric_id, "")
    name = text(given, "name") or stored.name
    if not name.strip():
        raise missing("name")
    parent = text(given, "parent_id") or stored.parent_id
    store.writer.put_metric(Metric(service_id, metric_id, name, parent))
    return _shown(request, given.get("parent_id"), given.get("name"))


def _shown(request: Request, parent_id: Any, name: Any) -> dict[str, Any]:
    return {
        "service_id": request.ids["service"],
        "id": request.ids["metric"],
        "parent_id": parent_id,
        "name": name,
    }
