"""What became of reports, and what they say."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tallygate.catalog.access import Forbidden, Principal
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, api_of, page, show
from tallygate.domain.errors import HistoryUnavailable
from tallygate.reports import making, outbox
from tallygate.reports.about import About
from tallygate.reports.models import Delivery
from tallygate.reports.rendered import Rendered
from tallygate.web import runtime, scheduler

HOME = "personal/report_deliveries"
TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "png": "image/png"}
"""Ending of a file -> its type."""

_COLUMNS = (
    Column("Due", "due", "due_s"),
    Column("Report"),
    Column("To", "email", "/email", wide=True),
    Column("State", "state", "state"),
    Column("Reason", wide=True),
    Column(""),
)
_STATES = Filter("state", "State", Delivery.State.choices, lambda state: Q(state=state))


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The newest first."""
    principal.require("see_analytics")
    found = Listing(
        request.GET, seen(principal).select_related("user", "product"), _COLUMNS,
        noun="delivery", plural="deliveries", search=("email", "product__name", "reason"),
        filters=[_STATES], order="", unsorted=("-due_s", "-pk"),
    )  # fmt: skip
    for each in found.records:
        each.due_at = datetime.fromtimestamp(each.due_s, UTC)
        each.is_open = each.state in Delivery.OPEN
    context = {
        "title": "Delivery log",
        "listing": found,
        "calls": [api_of(request).call("GET", HOME)],
    }
    return show(request, principal, "console/report_log.html", "reports", context)


@page
def report(request: HttpRequest, principal: Principal, delivery_id: int) -> HttpResponse:
    """What a report says, by the numbers as they are now; 503 when the history cannot answer."""
    principal.require("see_analytics")
    delivery = find(principal, delivery_id)
    context: dict[str, Any] = {"delivery": delivery, "title": str(delivery)}
    status = 200
    try:
        made = _made(principal, delivery)
        context |= {"d": made.document, "title": f"{made.document.about.title}, {made.document.about.dates}"}  # fmt: skip
    except HistoryUnavailable as error:
        status, context["error"] = 503, f"{str(error).capitalize()}. The report waits as well."
    context["calls"] = [api_of(request).call("GET", HOME)]
    return show(request, principal, "console/report.html", "reports", context, status)


@page
def file(request: HttpRequest, principal: Principal, delivery_id: int, form: str) -> HttpResponse:
    """The report as PDF or CSV, or its chart."""
    principal.require("see_analytics")
    if form not in TYPES:
        raise Http404
    try:
        made = _made(principal, find(principal, delivery_id))
    except HistoryUnavailable as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(getattr(made, form), content_type=TYPES[form])
    if form != "png":
        response.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}.{form}"'
    return response


@action
def send(request: HttpRequest, principal: Principal, delivery_id: int) -> HttpResponse:
    """Once more."""
    principal.require("see_analytics")
    if outbox.send_again(find(principal, delivery_id), runtime.clock().now_s()):
        scheduler.wake()
        messages.success(request, "The report is on its way")
    else:
        messages.error(request, "The report is being sent already")
    return redirect(reverse("console:report-log"))


def seen(principal: Principal) -> QuerySet[Delivery]:
    """One's own; for those who manage users everybody's."""
    found = Delivery.objects.filter(provider=principal.provider)
    return found if principal.may("manage_users") else found.filter(user=principal.user)


def find(principal: Principal, delivery_id: int) -> Delivery:
    found = seen(principal).select_related("user__provider", "product").filter(pk=delivery_id)
    delivery = found.first()
    if delivery is None:
        raise Http404
    return delivery


def _made(principal: Principal, delivery: Delivery) -> Rendered:
    """By what the one who looks may see, not the one who got it."""
    if not making.may_see(principal, delivery.product_id):
        raise Forbidden
    about = About(principal, delivery.product, delivery.period, delivery.time_zone, delivery.since_s)  # type: ignore[arg-type]  # fmt: skip
    return making.report(runtime.history(), about, runtime.clock().now_s(), settings.TALLYGATE)
