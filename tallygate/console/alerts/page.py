"""The Alerts pages, of a product and of all."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.alert_levels import LEVELS
from tallygate.catalog.alerts import AUDIENCE
from tallygate.catalog.models import Alert, Product
from tallygate.console.confirm import Confirm
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, find_product, form_page, page, show
from tallygate.console.wording import counted

_WHEN = Column("When", "when", "at")
_LEVEL = Column("Level", "level", "level")
_APPLICATION = Column("Application", "application", "/application__name")
_LIMIT = Column("Limit")
_PRODUCT = Column("Product", "product", "/product__name", wide=True)

UNREAD, READ = "unread", "read"
FILTERS = (
    Filter("level", "Level", [
        ("below", "Alerts, below 100%"), ("over", "Violations, 100% or more"),
        *((str(level), f"{level}%") for level in LEVELS),
    ], lambda value: _OF_LEVEL.get(value) or Q(level=int(value))),
    Filter("state", "State", [(UNREAD, "Unread"), (READ, "Read")], lambda value: Q(read=value == READ)),
)  # fmt: skip
_OF_LEVEL = {"below": Q(level__lt=100), "over": Q(level__gte=100)}


@page
def of_provider(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Those of all products that the user may see."""
    principal.require("see_analytics")
    return _shown(request, principal, None)


@page
def of_product(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """Those of one product."""
    principal.require("see_analytics")
    return _shown(request, principal, find_product(principal, product_id))


@action
def mark(request: HttpRequest, principal: Principal, alert_id: int, read: bool) -> HttpResponse:
    """Marks one as read, or as unread, for all users; back to the list that the form names."""
    principal.require("see_analytics")
    found = _seen(principal).filter(pk=alert_id)
    if not found.update(read=read):
        raise Http404
    return _back(request, found)


@action
def delete(request: HttpRequest, principal: Principal, alert_id: int) -> HttpResponse:
    """Hides one from all users for good; back to the list that the form names."""
    principal.require("see_analytics")
    found = _seen(principal).filter(pk=alert_id)
    back = _back(request, found)
    found.update(deleted=True, read=True)
    return back


@action
def read_all(
    request: HttpRequest, principal: Principal, product_id: int | None = None
) -> HttpResponse:
    """Marks all of a product, or all, as read."""
    principal.require("see_analytics")
    product = None if product_id is None else find_product(principal, product_id)
    _seen(principal, product).filter(read=False).update(read=True)
    return redirect(_url(product))


@form_page
def delete_read(
    request: HttpRequest, principal: Principal, product_id: int | None = None
) -> HttpResponse:
    """Hides those that are read, after asking."""
    principal.require("see_analytics")
    product = None if product_id is None else find_product(principal, product_id)
    found = _seen(principal, product).filter(read=True)
    of = f" of {product.name}" if product else ""
    confirm = Confirm(
        title=f"Delete the read alerts{of}?",
        section=_section(product),
        back=_url(product),
        then=_url(product),
        said="The read alerts were deleted",
        calls=lambda _: [],
        note=f"{counted(found.count(), 'alert')} will be deleted, for all users. Those that nobody has read stay.",
        context={"product": product},
    )
    return confirm.answer(request, principal, lambda: found.update(deleted=True))


def _seen(principal: Principal, product: Product | None = None) -> QuerySet[Alert]:
    """The alerts that a user may see."""
    products: Iterable[Product] | QuerySet[Product] = (
        principal.products() if product is None else [product]
    )
    return Alert.objects.filter(deleted=False, product__in=products)


def _shown(request: HttpRequest, principal: Principal, product: Product | None) -> HttpResponse:
    seen = _seen(principal, product)
    columns = [_WHEN, _LEVEL, _APPLICATION, _LIMIT, *([] if product else [_PRODUCT]), Column("")]
    listing = Listing(
        request.GET,
        seen.select_related("application__account", "product"),
        columns,
        noun="alert",
        search=("application__name", "application__account__org_name", "metric", "product__name"),
        filters=FILTERS,
        order="",
        unsorted=("-at", "-level", "-pk"),
    )
    states = set(seen.order_by().values_list("read", flat=True).distinct())
    context: dict[str, Any] = {
        "title": "Alerts",
        "product": product,
        "listing": listing,
        "search_label": "Find an alert",
        "any_unread": False in states,
        "any_read": True in states,
        "silent": not listing.rows and not listing.narrowed and not _tells(principal, product),
        "query": request.META.get("QUERY_STRING", ""),
    }
    return show(request, principal, "console/alerts.html", _section(product), context)


def _tells(principal: Principal, product: Product | None) -> bool:
    """Whether alerts of any level are to be shown here."""
    settings = (
        [product.notification_settings]
        if product
        else principal.products().values_list("notification_settings", flat=True)
    )
    return any(each.get(AUDIENCE) for each in settings)


def _section(product: Product | None) -> str:
    return "alerts" if product else "all-alerts"


def _url(product: Product | None) -> str:
    return reverse("console:alerts", args=[product.pk]) if product else reverse("console:all-alerts")  # fmt: skip


def _back(request: HttpRequest, found: QuerySet[Alert]) -> HttpResponse:
    """To the list on which the button was, with its search, filters and page. Raises Http404: there is no such alert."""
    alert = found.select_related("product").first()
    if alert is None:
        raise Http404
    url = _url(alert.product if request.POST.get("of") == "product" else None)
    query = request.POST.get("query", "")
    return redirect(f"{url}?{query}" if query else url)
