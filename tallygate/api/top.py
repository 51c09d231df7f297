"""Which applications used most of a metric in a period of the calendar: `top_applications`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from xml.etree import ElementTree

import msgspec
from django.http import HttpResponse

from tallygate.analytics.consumers import known
from tallygate.api import elements
from tallygate.api.answers import shown
from tallygate.api.formats import application_element, csv_of, ends, metric_json
from tallygate.api.management.representation import written
from tallygate.api.parameters import Parameters
from tallygate.api.subject import Subject
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Application, Backend, Metric
from tallygate.domain.calendar import Window, find_zone, parse_instant, period_of
from tallygate.history import Consumer, Question, Ranking, Snapshot, metric_series
from tallygate.web import runtime

MOST = 10
_COLUMNS = (
    "Application Name", "Application ID", "Plan Name", "Plan ID", "Account Name", "Account ID", "Total",
)  # fmt: skip


class Ranked(NamedTuple):
    """An application and how much it used."""

    application: Application
    value: int


@dataclass(frozen=True, slots=True)
class _Top:
    ranked: Sequence[Ranked]
    metric: Metric
    window: Window


def top_applications(
    asker: Principal, subject: Subject, given: Parameters, form: str
) -> HttpResponse:
    """The ten that used most of a metric, of a product or, in all products that may be seen, of a backend.

    Applications that exist no more are left out.
    """
    name, period, since = (given.require(each) for each in ("metric_name", "period", "since"))
    zone = find_zone(given.get("timezone") or asker.provider.time_zone)
    window = period_of(zone, period, parse_instant(since, zone))
    metric = subject.metric(name)
    question = Question(
        (metric_series(str(metric.pk)),),
        window,
        _products(asker, subject),
        split=("product", "application"),
    )
    with runtime.history().snapshot() as now:
        ranked = tuple(islice(_ranked(now, question), MOST))
    writers = {"json": _json, "xml": _xml, "csv": _csv}
    return shown(form, writers[form](_Top(ranked, metric, window)), "top-applications")


def _products(asker: Principal, subject: Subject) -> str | tuple[str, ...]:
    if isinstance(subject.owner, Backend):
        return tuple(product.service_id for product in asker.products())
    return subject.owner.service_id


def _ranked(now: Snapshot, question: Question) -> Iterator[Ranked]:
    """Those that exist, the greatest first."""
    ranking = Ranking(question, most=MOST, least=1)
    while places := now.rank(ranking):
        found = known(Consumer(*place.names) for place in places)
        for place in places:
            application = found.get(Consumer(*place.names))
            if application is not None:
                yield Ranked(application, place.total)
        ranking = Ranking(question, most=ranking.most, least=1, after=places[-1])


def _json(top: _Top) -> bytes:
    window = top.window
    period = {
        "name": window.period,
        "since": window.zone.iso(window.since_s),
        "until": window.zone.iso(window.last_s),
    }
    applications = [_application(*each) for each in top.ranked]
    body = {"applications": applications, "metric": metric_json(top.metric), "period": period}
    return msgspec.json.encode(body)


def _application(application: Application, value: int) -> dict[str, object]:
    account, plan = application.account, application.plan
    return {
        "name": application.name,
        "id": application.pk,
        "value": value,
        "account": {"id": account.pk, "name": account.org_name},
        "plan": {"id": plan.pk, "name": plan.name},
        "service": {"id": application.product_id},
    }


def _xml(top: _Top) -> bytes:
    root = ElementTree.Element("top")
    elements.add(root, "metric", metric_json(top.metric))
    elements.add(root, "period", {"name": top.window.period, **ends(top.window)})
    applications = elements.add(root, "applications", {})
    for application, value in top.ranked:
        element = application_element(applications, application)
        first = ElementTree.Element("value")
        first.text = str(value)
        element.insert(0, first)
    return written(root)


def _csv(top: _Top) -> bytes:
    rows = (
        (
            application.name, application.pk, application.plan.name, application.plan.pk,
            application.account.org_name, application.account.pk, value,
        )
        for application, value in top.ranked
    )  # fmt: skip
    return csv_of(_COLUMNS, rows)
