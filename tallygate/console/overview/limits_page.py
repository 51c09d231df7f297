"""Which applications are near a limit: a page, and a part of the overview that comes a moment after the rest."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from tallygate.catalog.access import Principal
from tallygate.console.overview import near_limits, scope
from tallygate.console.overview.scope import Scope
from tallygate.console.pages import find_product, page, show
from tallygate.domain.errors import HistoryUnavailable
from tallygate.web import runtime


@page
def of_provider(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Of all products that the user may see; 503 when the history cannot answer."""
    principal.require("see_analytics")
    return _shown(request, scope.of_provider(principal), "overview")


@page
def of_product(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """Of one product; 503 when the history cannot answer."""
    principal.require("see_analytics")
    about = scope.of_product(principal, find_product(principal, product_id))
    return _shown(request, about, "product-overview")


def _shown(request: HttpRequest, about: Scope, section: str) -> HttpResponse:
    context: dict[str, Any] = {
        "title": "Near a limit",
        "product": about.of,
        "percent": near_limits.PERCENT,
        "most": near_limits.MOST,
    }
    try:
        with runtime.history().snapshot() as snapshot:
            context["near"] = near_limits.nearest(snapshot, about, runtime.clock().now_s())
    except HistoryUnavailable as error:
        context["unavailable"] = str(error).capitalize()
    status = 503 if "unavailable" in context else 200
    return show(request, about.principal, "console/overview_limits.html", section, context, status)
