"""One application: what it is, how it calls, what it has used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Application, Product
from tallygate.catalog.models.application import MAX_KEYS, MAX_REFERRER_FILTERS
from tallygate.console.accounts import events_of
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.subjects import of_application
from tallygate.console.analytics.traffic import TRAFFIC, line_report
from tallygate.console.change import change
from tallygate.console.curl import Api, Command
from tallygate.console.pages import api_of, page, show
from tallygate.console.utilization import ListenerSilent, Used, utilization
from tallygate.domain.calendar import find_zone
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime

EACH = "accounts/{account_id}/applications/{application_id}"
EVENTS = {
    "accept": ("Accept", "The application is live: it may call"),
    "suspend": ("Suspend", "The application is suspended: it may not call"),
    "resume": ("Resume", "The application is live again"),
}
"""Event -> what its button says, and what is said when it is done."""

_NOTHING_IS_LOST = "Calls go on being counted; nothing is lost."


def find_application(principal: Principal, application_id: int) -> Application:
    """Raises Http404 when there is none that may be seen."""
    found = principal.applications().select_related("account", "product", "plan__original")
    return get_object_or_404(found, pk=application_id)


def ids_of(application: Application) -> dict[str, Any]:
    """The placeholders of its path in the API."""
    return {"account_id": application.account_id, "application_id": application.pk}


@page
def application_page(
    request: HttpRequest, principal: Principal, application_id: int
) -> HttpResponse:
    """All but what it has used, which the page fetches by itself: nobody waits for it."""
    principal.require("see_accounts")
    application = find_application(principal, application_id)
    product = application.product
    keys = list(application.keys.order_by("pk"))
    filters = list(application.referrer_filters.order_by("pk"))
    context = {
        "title": application.name,
        "application": application,
        "account": application.account,
        "by_user_key": product.backend_version == Product.BackendVersion.USER_KEY,
        "keys": keys,
        "more_keys": len(keys) < (1 if product.is_oauth else MAX_KEYS),
        "filters": filters,
        "more_filters": len(filters) < MAX_REFERRER_FILTERS,
        "events": events_of(application, EVENTS),
        "calls": _calls(api_of(request), application),
    }
    return show(request, principal, "console/application.html", "applications", context)


def _calls(api: Api, application: Application) -> Sequence[Command]:
    ids = ids_of(application)
    return [
        api.call("GET", EACH, **ids),
        api.call("GET", f"{EACH}/keys", **ids),
        api.call("GET", f"{EACH}/referrer_filters", **ids),
        *(api.call("PUT", f"{EACH}/{event}", **ids) for event, _ in events_of(application, EVENTS)),
    ]


def _last_30_days(principal: Principal, application: Application) -> Asked:
    subject = of_application(principal, application.pk)
    zone = find_zone(principal.provider.time_zone)
    return Asked.of(subject, TRAFFIC, {"frame": "30d"}, zone, runtime.clock().now_s())


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as the page shows it.

    Attributes:
        bar: How much of it is used in percent, cut to what can be drawn: 0 to 100.
        tone: The class of its badge: '', 'warn' from 80 percent, 'bad' at 100.
    """

    metric: str
    used: Used
    bar: str
    tone: str


@page
def utilization_page(
    request: HttpRequest, principal: Principal, application_id: int
) -> HttpResponse:
    """The limits of its plan and what is used of them now; why not, where the listener does not tell."""
    principal.require("see_accounts")
    application = find_application(principal, application_id)
    limits, unavailable = [], ""
    try:
        limits = _limits(application, utilization(settings.TALLYGATE, application))
    except ListenerSilent as error:
        unavailable = f"{str(error).capitalize()}. Limits go on being held."
    context = {
        "title": "Current utilization",
        "application": application,
        "account": application.account,
        "limits": limits,
        "unavailable": unavailable,
    }
    return show(request, principal, "console/application_utilization.html", "applications", context)


def _limits(application: Application, found: list[Used]) -> list[Limit]:
    names = dict(application.product.all_metrics().values_list("system_name", "friendly_name"))
    return [
        Limit(
            names.get(used.metric, used.metric),
            used,
            f"{min(used.percent, 100):.2f}",
            "bad" if used.percent >= 100 else "warn" if used.percent >= 80 else "",
        )
        for used in found
    ]


@page
def usage_page(request: HttpRequest, principal: Principal, application_id: int) -> HttpResponse:
    """The hits of its last 30 days as a chart, and the totals of all metrics that it used."""
    principal.require("see_accounts")
    principal.require("see_analytics")
    application = find_application(principal, application_id)
    context: dict[str, Any] = {
        "title": "Last 30 days",
        "application": application,
        "account": application.account,
    }
    try:
        context |= _usage(request, principal, application)
    except HistoryUnavailable as error:
        context["unavailable"] = f"{str(error).capitalize()}. {_NOTHING_IS_LOST}"
    return show(request, principal, "console/application_usage.html", "applications", context)


def _usage(request: HttpRequest, principal: Principal, application: Application) -> dict[str, Any]:
    asked = _last_30_days(principal, application)
    frame, hits = asked.frame, asked.measure
    measures = {each.series[0]: each for each in asked.subject.choice.all}
    answer = asked.ask(
        asked.subject.question(
            tuple(measures), frame.window, split=("series",), compare=frame.compare
        )
    )
    totals = {measures[line.series or ""].key: line.total for line in answer.lines}
    line = next(each for each in answer.lines if each.series in hits.series)
    report = line_report(asked, line.values, line.previous_values)
    return {
        "usage_calls": TRAFFIC.calls(asked, api_of(request)),
        "report": report,
        "frame": frame,
        "hits": hits,
        "total": line.total,
        "change": change(line.total, line.previous_total),
        "totals": [
            (each, totals[each.key])
            for each in measures.values()
            if totals.get(each.key) and each is not hits
        ],
    }
