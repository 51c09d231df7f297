"""The list of products, and ways into one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Metric, Product
from tallygate.console.change import Change, change
from tallygate.console.listing import Column, Listing
from tallygate.console.pages import api_of, find_product, page, sees_traffic, show
from tallygate.console.sparkline import Sparkline, sparkline
from tallygate.console.start import first_page, has_begun
from tallygate.domain import calendar
from tallygate.domain.calendar import Granularity
from tallygate.domain.errors import HistoryUnavailable
from tallygate.history import Line, Question, metric_series
from tallygate.web import runtime

COLUMNS = (
    Column("Product", "name", "/name"),
    Column("Hits by day, last 30 days", wide=True),
    Column("Hits in 30 days", number=True),
    Column("Change", number=True),
)
DAYS = 30
OPTIONS = 20
"""How many products the switcher offers at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """A product and its hits of the last 30 days; without numbers where they cannot be had."""

    product: Product
    total: int | None = None
    change: Change | None = None
    spark: Sparkline | None = None


@page
def home(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The first page: the overview for those who may see it; the only product itself while it has no call yet."""
    if not sees_traffic(principal):
        return redirect("console:products")
    only = list(principal.products()[:2])
    if len(only) == 1 and not has_begun(only[0]):
        return redirect("console:start", only[0].pk)
    return redirect("console:overview")


@page
def product(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """A product's first page."""
    return redirect(first_page(principal, find_product(principal, product_id)))


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Products and what they counted; without numbers (503) where the history cannot answer."""
    shown = Listing(
        request.GET, principal.products(), COLUMNS, noun="product", search=("name", "system_name")
    )
    shown.rows, unavailable = [Row(product) for product in shown.records], ""
    if sees_traffic(principal):
        try:
            shown.rows = _counted(principal, shown.records)
        except HistoryUnavailable as error:
            unavailable = f"{str(error).capitalize()}."
    context: dict[str, Any] = {
        "title": "Products",
        "search_label": "Find a product",
        "listing": shown,
        "unavailable": unavailable,
        "calls": [api_of(request).call("GET", "services")],
    }
    status = 503 if unavailable else 200
    return show(request, principal, "console/products.html", "products", context, status)


@page
def options(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The switcher's list: the first products whose name matches `q`."""
    found = _search(principal, request.GET.get("q", "").strip())
    current = request.GET.get("current", "")
    context = {
        "products": found[:OPTIONS],
        "current": int(current) if current.isdecimal() and len(current) < 19 else None,
        "more": max(found.count() - OPTIONS, 0),
    }
    return render(request, "console/product_options.html", context)


def _search(principal: Principal, query: str) -> QuerySet[Product]:
    products = principal.products().order_by(Lower("name"), "pk")
    if "\0" in query:  # no name has it, and databases choke on it
        return products.none()
    if not query:
        return products
    return products.filter(Q(name__icontains=query) | Q(system_name__icontains=query))


def _counted(principal: Principal, products: Sequence[Product]) -> list[Row]:
    """The rows with their numbers, from one question."""
    zone = calendar.find_zone(principal.provider.time_zone)
    window = calendar.last(zone, runtime.clock().now_s(), DAYS, Granularity.DAY)
    hits = Metric.objects.filter(product__in=products, parent=None, system_name="hits")
    series = {metric.product_id: metric_series(str(metric.pk)) for metric in hits}
    answer = runtime.history().ask(Question(tuple(series.values()), window, compare="previous"))
    lines = {line.series: line for line in answer.lines}
    return [_row(product, lines[series[product.pk]]) for product in products]


def _row(product: Product, line: Line) -> Row:
    return Row(
        product,
        line.total,
        change(line.total, line.previous_total),
        sparkline(line.values),
    )
