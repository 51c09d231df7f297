"""What of its plan's limits an application has used, and what is left."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tallygate.catalog.developer_access import Consumer
from tallygate.catalog.models import Application
from tallygate.console.utilization import ListenerSilent, Used, utilization
from tallygate.console.wording import instant
from tallygate.developer.pages import find_application, page, show
from tallygate.developer.seen import Seen
from tallygate.domain.calendar import Zone, find_zone
from tallygate.domain.limits import ETERNITY, PERIOD_BY_NAME, epoch_at
from tallygate.web import runtime


@dataclass(frozen=True, slots=True)
class Row:
    """A limit as the page shows it.

    Attributes:
        remaining: Never below zero.
        resets: When the limit's period ends; '' = never.
        bar: How much of it is used in percent, cut to what can be drawn: 0 to 100.
        tone: The class of its badge: '', 'warn' from 80 percent, 'bad' at 100.
    """

    metric: str
    used: Used
    remaining: int
    resets: str
    bar: str
    tone: str


@page
def limits(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    """The limits that developers see; why not, where the listener does not tell what is used."""
    application = find_application(consumer, application_id)
    zone = find_zone(consumer.provider.time_zone)
    rows: list[Row] = []
    unavailable = False
    try:
        found = utilization(settings.TALLYGATE, application)
        rows = list(_rows(application, found, zone, runtime.clock().now_s()))
    except ListenerSilent:
        unavailable = True
    context = {
        "title": "Limits",
        "application": application,
        "limits": rows,
        "unavailable": unavailable,
    }
    return show(request, consumer, "developer/limits.html", "applications", context)


def _rows(application: Application, found: list[Used], zone: Zone, now_s: int) -> Iterator[Row]:
    seen = Seen(application)
    names = dict(application.product.all_metrics().values_list("system_name", "friendly_name"))
    for used in found:
        if seen.limit(used.metric):
            yield Row(
                names.get(used.metric, used.metric),
                used,
                max(used.maximum - used.current, 0),
                _resets(used.period, zone, now_s),
                f"{min(used.percent, 100):.2f}",
                "bad" if used.percent >= 100 else "warn" if used.percent >= 80 else "",
            )


def _resets(period: str, zone: Zone, now_s: int) -> str:
    number = PERIOD_BY_NAME[period]
    return "" if number == ETERNITY else instant(zone.at(epoch_at(now_s).end_s(number)))
