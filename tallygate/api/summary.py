"""Which metrics and methods there are to ask for: `summary`."""

from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree

import msgspec
from django.http import HttpResponse

from tallygate.api.answers import shown
from tallygate.api.formats import csv_of
from tallygate.api.management.representation import Representation, field, written
from tallygate.api.parameters import Parameters
from tallygate.api.subject import Subject
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Metric

_COLUMNS = ("Metric System Name", "Metric Name", "Unit", "Parent System Name", "Description")


def _provider_id(metric: Metric) -> int:
    return metric.owner.provider_id


def _owner_type(metric: Metric) -> str:
    return "Service" if metric.product_id is not None else "BackendApi"


_FIELDS = (
    field("id", int, "pk"),
    field("system_name"),
    field("description"),
    field("unit"),
    field("created_at", datetime),
    field("updated_at", datetime),
    field("service_id", int, "product_id"),
    field("friendly_name"),
    field("parent_id", int),
    field("tenant_id", int, _provider_id),
    field("owner_id", int, "owner.pk"),
    field("owner_type", str, _owner_type),
)
_METRIC = Representation("metric", "metrics", _FIELDS)
_METHOD = Representation("metric", "methods", _FIELDS, xml_name="method")


def methods(asker: Principal, subject: Subject, given: Parameters, form: str) -> HttpResponse:
    """Of a product or a backend: the methods of its hits."""
    found = subject.owner.metrics.filter(parent__isnull=False).order_by("pk")
    if form == "json":
        content = msgspec.json.encode([_METHOD.json(each, "") for each in found])
    elif form == "xml":
        content = written(_METHOD.xml_many(found, {}))
    else:
        content = _csv(found)
    return shown(form, content, "summary")


def metrics_and_methods(
    asker: Principal, subject: Subject, given: Parameters, form: str
) -> HttpResponse:
    """Of an application: all that can be counted of it, what is its product's backends' included."""
    found = list(subject.metrics.select_related("product", "backend", "parent"))
    parts = (
        (_METRIC, [each for each in found if not each.is_method]),
        (_METHOD, [each for each in found if each.is_method]),
    )
    if form == "json":
        lists = {kind.plural: [kind.json(each, "") for each in some] for kind, some in parts}
        content = msgspec.json.encode(lists)
    elif form == "xml":
        root = ElementTree.Element("summary")
        root.extend(kind.xml_many(some, {}) for kind, some in parts)
        content = written(root)
    else:
        content = _csv(found)
    return shown(form, content, "summary")


def _csv(found: Iterable[Metric]) -> bytes:
    rows = (
        (
            each.system_name,
            each.friendly_name,
            each.unit,
            each.parent.system_name if each.parent else "",
            each.description,
        )
        for each in found
    )
    return csv_of(_COLUMNS, rows)
