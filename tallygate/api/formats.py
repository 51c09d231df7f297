"""Answers of the history as JSON, XML and CSV. Every number comes from the Answer as it stands."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree import ElementTree

import msgspec

from tallygate.catalog.models import Application
from tallygate.domain.calendar import Granularity, Window
from tallygate.history import Answer

CSV_HEADER = ("Metric System Name", "Metric Name", "Date", "Value")


class Named(Protocol):
    """What tells a metric from others: `catalog.models.Metric`."""

    pk: int
    system_name: str
    friendly_name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of one metric: all that its formats need.

    Attributes:
        compared: Whether the window before was asked for.
        application: Whose usage it is; None: the whole product's, or the backend's.
        of_backend: Whether a backend was asked, whose JSON has its keys in another order.
    """

    metric: Named
    answer: Answer
    application: Application | None = None
    of_backend: bool = False

    @property
    def compared(self) -> bool:
        return self.answer.previous is not None


def usage_json(usage: Usage) -> bytes:
    """The usage as JSON: the numbers of each bucket, their total and, if asked for, the change."""
    data = {"total": usage.answer.total, "values": usage.answer.values} | _change(usage)
    about = {"metric": _metric(usage.metric), "period": _period(usage.answer.window)}
    body = data | about if usage.of_backend else about | data
    if usage.application is not None:
        body["application"] = _application(usage.application)
    return msgspec.json.encode(body)


def usage_xml(usage: Usage) -> bytes:
    """The usage as XML; without a change, which this format never had."""
    root = ElementTree.Element("usage")
    if usage.application is not None:
        _application_element(root, usage.application)
    _elements(root, "metric", _metric(usage.metric))
    window = usage.answer.window
    _elements(
        root,
        "period",
        {
            "since": window.zone.ruby(window.since_s),
            "until": window.zone.ruby(window.last_s),
            "name": window.period,
            "granularity": _granularity(window),
        },
    )
    data = _elements(root, "data", {"total": usage.answer.total})
    values = ElementTree.SubElement(data, "values", length=str(len(usage.answer.values)))
    values.text = ",".join(map(str, usage.answer.values))
    ElementTree.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root) + b"\n"


def usage_csv(rows: Iterable[tuple[Named, Iterable[int]]], window: Window) -> bytes:
    """One line per metric and bucket: the metric's names, when the bucket begins, its value.

    Args:
        rows: Metrics, each with one value per bucket of the window.
    """
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(CSV_HEADER)
    dates = [window.zone.ruby(start_s) for start_s in window.starts_s]
    for metric, values in rows:
        for date, value in zip(dates, values, strict=True):
            lines.writerow((metric.system_name, metric.friendly_name, date, value))
    return text.getvalue().encode()


def _change(usage: Usage) -> dict[str, Any]:
    if not usage.compared:
        return {}
    answer = usage.answer
    return {"previous_total": answer.previous_total, "change": answer.change}


def _metric(metric: Named) -> dict[str, Any]:
    return {
        "id": metric.pk,
        "name": metric.friendly_name,
        "system_name": metric.system_name,
        "unit": metric.unit,
    }


def period(window: Window) -> dict[str, Any]:
    """From when to when, both included, in which zone and by what."""
    return {
        "since": window.zone.iso(window.since_s),
        "until": window.zone.iso(window.last_s),
        "timezone": window.zone.name,
        "granularity": _granularity(window),
    }


def _period(window: Window) -> dict[str, Any]:
    return {"name": window.period, **period(window)}


def _granularity(window: Window) -> str | int:
    """By its name, but six hours in seconds: so the wire protocol has it."""
    if window.granularity is Granularity.SIX_HOURS:
        return 21_600
    return window.granularity.value


def _application(application: Application) -> dict[str, Any]:
    account, plan = application.account, application.plan
    return {
        "id": application.pk,
        "name": application.name,
        "state": application.state,
        "link": f"/p/admin/applications/{application.pk}",
        "description": application.description,
        "plan": {"id": plan.pk, "name": plan.name},
        "account": {
            "id": account.pk,
            "name": account.org_name,
            "link": f"/buyers/accounts/{account.pk}",
        },
        "service": {"id": application.product_id},
    }


def _application_element(root: ElementTree.Element, application: Application) -> None:
    element = _elements(root, "application", {"id": application.pk, "name": application.name})
    _elements(element, "plan", {"id": application.plan.pk, "name": application.plan.name})
    account = application.account
    _elements(element, "account", {"name": account.org_name, "id": account.pk})


def _elements(parent: ElementTree.Element, name: str, texts: dict[str, Any]) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name)
    for tag, text in texts.items():
        ElementTree.SubElement(element, tag).text = None if text is None else str(text)
    return element
