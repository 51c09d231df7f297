"""The page, and the stream by which it moves."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, cast

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Metric
from tallygate.console.live.minutes import Minutes, Shared, last_minutes
from tallygate.console.live.tail import NO_CODE, SHOWN, Names, Wanted
from tallygate.console.pages import api_of, find_product, page, show, unanswered
from tallygate.console.wording import instant
from tallygate.domain.calendar import find_zone
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.history import Seen, metric_series
from tallygate.web import live, runtime
from tallygate.web.live import Event

EVERY_S: Final = 1.0
"""How long entries are gathered before the page is told of them."""
CODES: Final = ("2XX", "3XX", "4XX", "5XX")

_shared: Shared[tuple[int, str], Minutes] = Shared()


class _Watch:
    """What somebody watches: a product, with what the query chooses."""

    def __init__(self, request: HttpRequest, principal: Principal, product_id: int) -> None:
        """Raises Http404, Forbidden."""
        principal.require("see_analytics")
        self.product = find_product(principal, product_id)
        self.shows_applications = principal.may("see_accounts")
        self.zone = find_zone(principal.provider.time_zone)
        self.given = {name: request.GET.get(name, "") for name in ("metric", "application", "code")}
        self.metrics = list(self.product.all_metrics())

    def chosen(self) -> Metric | None:
        """The metric that was asked for; None if none was. Raises QuestionError: there is no such metric."""
        name = self.given["metric"]
        found = next((metric for metric in self.metrics if metric.system_name == name), None)
        if name and found is None:
            raise QuestionError(f"This product has no metric {name}.")
        return found

    def wanted(self) -> Wanted:
        """Which entries are to be told. Raises QuestionError."""
        return Wanted(self.given["application"], self.given["code"], self.chosen())

    def minutes(self) -> Minutes:
        """Raises QuestionError, HistoryUnavailable."""
        metric = self.chosen() or self.product.hits
        key = (metric.pk, f"{self.product.pk} {self.zone.name}")
        return _shared.get(key, partial(last_minutes, self.product, metric, self.zone))


@page
def of_product(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """200; 400 when the query makes no sense; 503 when the history cannot answer, and the page goes on trying."""
    watch = _Watch(request, principal, product_id)
    status, answered = 200, dict[str, Any]()
    try:
        watch.wanted()
        minutes = watch.minutes()
        answered = {
            "minutes": minutes,
            "last_call": "" if minutes.total else _last_call(watch),
            "calls": [
                api_of(request).usage(
                    f"services/{product_id}", minutes.metric.system_name, minutes.window
                )
            ],
        }
    except (QuestionError, HistoryUnavailable) as error:
        status, said = unanswered(error, advice="")
        answered = {"error": said}
    context = {
        "title": "Live",
        "api": "Analytics API",
        "scope": "stats",
        "product": watch.product,
        "given": watch.given,
        "metrics": watch.metrics,
        "codes": CODES,
        "no_code": NO_CODE,
        **answered,
    }
    return show(request, principal, "console/live.html", "live", context, status)


@page
def stream(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """Events `minutes` and `entries`, each with HTML for its part of the page; 400 and 503 with the reason as text."""
    watch = _Watch(request, principal, product_id)
    try:
        wanted = watch.wanted()
    except QuestionError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    return cast("HttpResponse", live.stream(partial(_told, watch, wanted)))


def _told(watch: _Watch, wanted: Wanted) -> Iterator[Event | None]:
    """The minutes at first, whenever something came and when a minute is over; the entries as they come."""
    names = Names(watch.product, watch.metrics, watch.zone)
    connection.close()  # a stream lasts for minutes: it holds none meanwhile
    told_minute = -1
    with runtime.history().watch(watch.product.service_id) as subscription:
        while True:
            minute = runtime.clock().now_s() // 60
            if minute != told_minute:
                told_minute = minute
                html = _html("console/live_minutes.html", {"minutes": watch.minutes()})
                yield Event("minutes", {"html": html})
            seen = subscription.wait(EVERY_S)
            yield _entries(seen, wanted, names, watch.shows_applications)
            if seen.entries:
                told_minute = -1
                time.sleep(EVERY_S)


def _entries(seen: Seen, wanted: Wanted, names: Names, linked: bool) -> Event | None:
    """The newest first; None if there are none to tell of."""
    found = [entry for entry in seen.entries if wanted.has(entry)]
    rows = list(names.rows(found, wanted.application))
    missed = seen.missed + max(len(rows) - SHOWN, 0)
    if not rows and not missed:
        return None
    context = {"rows": rows[: -SHOWN - 1 : -1], "linked": linked}
    html = _html("console/live_rows.html", context)
    return Event("entries", {"html": html, "missed": missed})


def _html(template: str, context: dict[str, Any]) -> str:
    # Exactly a str: what Django marks as safe, JSON's encoder does not know.
    return str.__str__(render_to_string(template, context))


def _last_call(watch: _Watch) -> str:
    """When any metric of the product was counted last; 'never' if none ever was."""
    series = [metric_series(str(metric.pk)) for metric in watch.metrics]
    last_s = runtime.history().last_hit_s(watch.product.service_id, *series)
    return "never" if last_s is None else instant(watch.zone.at(last_s))
