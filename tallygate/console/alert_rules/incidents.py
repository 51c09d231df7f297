"""What the rules of a product have noticed, and who was told."""

from datetime import UTC, datetime

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallygate.alerting.models import Incident, Notice
from tallygate.alerting.telling import replay
from tallygate.catalog.access import Principal
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, api_of, find_product, page, show
from tallygate.web import runtime, scheduler

_COLUMNS = (
    Column("Began", "began", "began_s"),
    Column("What"),
    Column("Ended", wide=True),
    Column("Told", wide=True),
)
_STATES = Filter(
    "state",
    "State",
    (("open", "Going on"), ("ended", "Ended")),
    lambda state: Q(ended_s=None) if state == "open" else Q(ended_s__isnull=False),
)


@page
def listing(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """The newest first."""
    principal.require("see_analytics")
    product = find_product(principal, product_id)
    found = Incident.objects.filter(rule__product=product, deleted=False)
    shown = Listing(
        request.GET, found.select_related("rule").prefetch_related("notices"), _COLUMNS,
        noun="incident", search=("message", "rule__name"), filters=[_STATES], order="",
        unsorted=("-began_s", "-pk"),
    )  # fmt: skip
    for each in shown.records:
        each.began_at = datetime.fromtimestamp(each.began_s, UTC)
        each.ended_at = datetime.fromtimestamp(each.ended_s, UTC) if each.ended_s else None
    context = {
        "title": "Incidents",
        "product": product,
        "listing": shown,
        "calls": [api_of(request).call("GET", "alert_incidents")],
    }
    return show(request, principal, "console/incidents.html", "alert-rules", context)


@action
def send(
    request: HttpRequest, principal: Principal, product_id: int, notice_id: int
) -> HttpResponse:
    """Tells somebody once more, under the same id."""
    principal.require("edit_alert_rules")
    product = find_product(principal, product_id)
    notice = Notice.objects.filter(incident__rule__product=product, pk=notice_id).first()
    if notice is None:
        raise Http404
    replay(notice, runtime.clock().now_s())
    scheduler.wake()
    messages.success(request, "It is on its way")
    return redirect("console:incidents", product.pk)
