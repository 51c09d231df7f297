"""What all pages behind the sign-in have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tallygate.catalog.access import (
    Principal,
    ProviderSuspended,
    Refused,
    ServiceNotFound,
    for_user,
)
from tallygate.catalog.models import Product

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page that a signed-in user reads, and that no cache keeps.

    The view gets the user's Principal after the request. What the user may not do is a page with
    status 403; whoever is not signed in is sent to the sign-in page and back.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **captured: Any) -> HttpResponse:
        try:
            return view(request, for_user(request.user), **captured)
        except Refused as error:
            return render(request, "403.html", {"message": _words(error)}, status=403)

    return require_safe(never_cache(login_required(guarded)))


def _words(error: Refused) -> str:
    if isinstance(error, ProviderSuspended):
        return "Your organisation is suspended"
    return "Your user may not see this page"


def find_product(principal: Principal, product_id: int) -> Product:
    """Raises Http404 for a product that does not exist and for one that the user may not see alike."""
    try:
        return principal.product(product_id)
    except ServiceNotFound:
        raise Http404 from None


def sees_traffic(principal: Principal) -> bool:
    """Whether the analytics pages are open to them, and so worth a link."""
    return principal.may("see_analytics")


def show(
    request: HttpRequest,
    principal: Principal,
    template: str,
    section: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """A page in the portal's frame.

    Args:
        section: The entry of the navigation that is lit.
        context: With `product`, the navigation has that product's pages.
    """
    frame = {
        "provider": principal.provider,
        "section": section,
        "product": None,
        "sees_traffic": sees_traffic(principal),
    }
    return render(request, template, frame | context, status=status)
