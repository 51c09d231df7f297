"""The pages, the file and the purge."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from tallygate.api.formats import csv_of
from tallygate.catalog import audit
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Product
from tallygate.console.confirm import Confirm
from tallygate.console.errors.listing import READ, ErrorListing, Row
from tallygate.console.pages import find_product, form_page, page, show
from tallygate.console.wording import for_spreadsheets
from tallygate.domain.calendar import Zone, find_zone
from tallygate.integration_errors.opening import opened
from tallygate.integration_errors.store import FAILURES
from tallygate.web import runtime

CSV_COLUMNS = (
    "Last", "First", "Times", "Product", "Code", "Message", "Endpoint", "Method", "Metric",
    "Application", "From", "User Agent", "Request ID", "Parameters",
)  # fmt: skip


@page
def of_provider(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Those of all products that the user may see; 503 when they cannot be read now."""
    principal.require("see_integration_errors")
    return _shown(request, principal, None)


@page
def of_product(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """Those of one product; 503 when they cannot be read now."""
    principal.require("see_integration_errors")
    return _shown(request, principal, find_product(principal, product_id))


@page
def csv_of_provider(request: HttpRequest, principal: Principal) -> HttpResponse:
    """All that the page of the same query lists, whatever its page; 503 with the reason as text."""
    principal.require("see_integration_errors")
    return _file(request, principal, None)


@page
def csv_of_product(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """The same of one product."""
    principal.require("see_integration_errors")
    return _file(request, principal, find_product(principal, product_id))


@form_page
def purge(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """Forgets all errors of a product, after asking; that it was done is on record."""
    principal.require("purge_integration_errors")
    product = find_product(principal, product_id)
    back = reverse("console:errors", args=[product.pk])
    confirm = Confirm(
        title=f"Purge the integration errors of {product.name}?",
        section="errors",
        back=back,
        then=back,
        said="All errors were purged",
        calls=lambda _: [],
        note="All errors will be permanently deleted. Those that go on happening come again.",
        verb="Purge",
        context={"product": product},
    )
    return confirm.answer(request, principal, lambda: _purge(product))


def _purge(product: Product) -> None:
    """Raises ValidationError: they are still there."""
    try:
        with opened(settings.TALLYGATE) as store:
            found = store.page(product.service_id, runtime.clock().now_ms(), 1, 1).total
            audit.noted(product, {"integration_errors": found}, {"integration_errors": 0})
            store.delete(product.service_id)
    except FAILURES as error:
        raise ValidationError(f"They cannot be deleted now: {error}") from error


def _read(principal: Principal, product: Product | None) -> list[Row]:
    """The newest; raises one of FAILURES when they cannot be read now."""
    seen = [product] if product else list(principal.products())
    products = {each.service_id: each for each in seen}
    with opened(settings.TALLYGATE) as store:
        groups = store.newest(list(products), runtime.clock().now_ms(), READ)
    return [Row(group, products[group.service]) for group in groups]


def _shown(request: HttpRequest, principal: Principal, product: Product | None) -> HttpResponse:
    rows, unavailable = [], ""
    try:
        rows = _read(principal, product)
    except FAILURES as error:
        unavailable = f"They cannot be read right now: {error}. Calls are not held up by this."
    listing = ErrorListing(request.GET, rows, runtime.clock().now_ms(), product is not None)
    listing.rows = listing.records
    csv_url = reverse("console:errors-csv", args=[product.pk]) if product else reverse("console:all-errors-csv")  # fmt: skip
    query = request.META.get("QUERY_STRING", "")
    context: dict[str, Any] = {
        "title": "Integration errors",
        "product": product,
        "listing": listing,
        "search_label": "Find an error",
        "csv_url": f"{csv_url}?{query}" if query else csv_url,
        "more_than": READ if len(rows) == READ else 0,
        "days": settings.TALLYGATE.integration_error_days,
        "unavailable": unavailable,
    }
    section = "errors" if product else "all-errors"
    status = 503 if unavailable else 200
    return show(request, principal, "console/errors.html", section, context, status)


def _file(request: HttpRequest, principal: Principal, product: Product | None) -> HttpResponse:
    try:
        rows = _read(principal, product)
    except FAILURES as error:
        text = f"The integration errors cannot be read right now: {error}"
        return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8")
    now_s = runtime.clock().now_s()
    zone = find_zone(principal.provider.time_zone)
    found = ErrorListing(request.GET, rows, now_s * 1000, product is not None).matching
    whose = product.system_name if product else "all"
    name = f"{whose}-integration-errors-{zone.local(now_s).date()}.csv".replace("/", "_")
    return HttpResponse(
        csv_of(CSV_COLUMNS, [_line(row, zone) for row in found]),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )


def _line(row: Row, zone: Zone) -> Sequence[object]:
    group, context = row.group, row.context
    texts = (
        row.product.system_name, group.code, group.message, context.endpoint, context.method,
        context.metric, context.credential, context.client, context.user_agent, context.request_id,
        msgspec.json.encode(context.parameters).decode(),
    )  # fmt: skip
    times = (zone.iso(at_ms // 1000) for at_ms in (group.last_ms, group.first_ms))
    return (*times, group.count, *map(for_spreadsheets, texts))
