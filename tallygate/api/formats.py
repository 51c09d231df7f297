"""Answers of the history as JSON, XML and CSV. Every number comes from the Answer as it stands."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree import ElementTree

import msgspec

from tallygate.api import elements
from tallygate.api.management.representation import written
from tallygate.api.subject import Subject
from tallygate.catalog.models import Application, Backend
from tallygate.domain.calendar import Granularity, Window
from tallygate.history import Answer

_METRIC_COLUMNS = ("Metric System Name", "Metric Name")
_VALUE_COLUMNS = ("Date", "Value")


class Named(Protocol):
    """What tells a metric from others: `catalog.models.Metric`."""

    pk: int
    system_name: str
    friendly_name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of one metric, or calls with a response code: all that its formats need.

    Attributes:
        subject: Whose usage it is.
        metric: None: calls, whatever they count on.
        code: A response code or a class; None: usage.
    """

    subject: Subject
    answer: Answer
    metric: Named | None
    code: str | None = None


def usage_json(usage: Usage) -> bytes:
    """The usage as JSON: the numbers of each bucket, their total and, if asked for, the change."""
    data = {"total": usage.answer.total, "values": usage.answer.values} | _change(usage)
    about = {**_of_what(usage), "period": _period(usage.answer.window)}
    # The answer about a backend has its keys in another order.
    body = data | about if isinstance(usage.subject.owner, Backend) else about | data
    if usage.subject.application is not None:
        body["application"] = _application(usage.subject.application)
    return msgspec.json.encode(body)


def usage_xml(usage: Usage) -> bytes:
    """The usage as XML; without a change, which this format never had."""
    root = ElementTree.Element("usage")
    if usage.subject.application is not None:
        application_element(root, usage.subject.application)
    for name, texts in _of_what(usage).items():
        elements.add(root, name, texts)
    window = usage.answer.window
    texts = {**ends(window), "name": window.period, "granularity": _granularity(window)}
    elements.add(root, "period", texts)
    data = elements.add(root, "data", {"total": usage.answer.total})
    values = ElementTree.SubElement(data, "values", length=str(len(usage.answer.values)))
    values.text = ",".join(map(str, usage.answer.values))
    return written(root)


def usage_as_csv(usage: Usage) -> bytes:
    """One line per bucket: of what, when the bucket begins, its value."""
    columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    if usage.metric is not None:
        columns += _METRIC_COLUMNS
        names += (usage.metric.system_name, usage.metric.friendly_name)
    if usage.code is not None:
        columns += ("Response Code",)
        names += (usage.code,)
    return _values_csv(columns, [(names, usage.answer.values)], usage.answer.window)


def usage_csv(rows: Iterable[tuple[Named, Iterable[int]]], window: Window) -> bytes:
    """One line per metric and bucket: the metric's names, when the bucket begins, its value.

    Args:
        rows: Metrics, each with one value per bucket of the window.
    """
    named = [((metric.system_name, metric.friendly_name), values) for metric, values in rows]
    return _values_csv(_METRIC_COLUMNS, named, window)


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A header and lines, separated by line feeds."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows(rows)
    return text.getvalue().encode()


def metric_json(metric: Named) -> dict[str, Any]:
    """What tells the metric from others."""
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


def ends(window: Window) -> dict[str, str]:
    """From when to when, both included, as XML tells them."""
    return {
        "since": window.zone.ruby(window.since_s),
        "until": window.zone.ruby(window.last_s),
    }


def application_element(root: ElementTree.Element, application: Application) -> ElementTree.Element:
    """Adds the application with its plan and its account."""
    element = elements.add(root, "application", {"id": application.pk, "name": application.name})
    elements.add(element, "plan", {"id": application.plan.pk, "name": application.plan.name})
    account = application.account
    elements.add(element, "account", {"name": account.org_name, "id": account.pk})
    return element


def _values_csv(
    columns: tuple[str, ...],
    rows: Iterable[tuple[tuple[str, ...], Iterable[int]]],
    window: Window,
) -> bytes:
    dates = [window.zone.ruby(start_s) for start_s in window.starts_s]
    lines = (
        (*names, date, value)
        for names, values in rows
        for date, value in zip(dates, values, strict=True)
    )
    return csv_of((*columns, *_VALUE_COLUMNS), lines)


def _change(usage: Usage) -> dict[str, Any]:
    answer = usage.answer
    if answer.previous is None:
        return {}
    return {"previous_total": answer.previous_total, "change": answer.change}


def _of_what(usage: Usage) -> dict[str, dict[str, Any]]:
    what = {} if usage.code is None else {"response_code": {"code": usage.code}}
    return what if usage.metric is None else {"metric": metric_json(usage.metric), **what}


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
