"""What all pages of the Developer Portal have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tallygate.catalog import audit
from tallygate.catalog.developer_access import Consumer
from tallygate.catalog.errors import Refused
from tallygate.catalog.models import Application, Provider
from tallygate.developer import sessions

View = Callable[..., HttpResponse]


class Link(NamedTuple):
    """A line of the sidebar."""

    label: str
    icon: str
    url: str
    current: bool


_PLACES = (
    ("applications", "Applications", "application"),
    ("account", "Account", "accounts"),
    ("people", "People", "user"),
)
"""(section and name of the address, label, icon)"""


def page(view: View) -> View:
    """A page that a signed-in developer reads, and that no cache keeps.

    The view gets a Consumer after the request. Whoever is not signed in is sent to the sign-in page and back.
    """
    return require_safe(_guarded(view))


def form_page(view: View) -> View:
    """The same for a page whose form is sent to the page's own address."""
    return require_http_methods(["GET", "HEAD", "POST"])(_guarded(view))


def action(view: View) -> View:
    """The same for what a button does, that is no page."""
    return require_POST(_guarded(view))


def _guarded(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, provider_id: int, **captured: Any) -> HttpResponse:
        provider = find_provider(provider_id)
        consumer = sessions.who(request, provider)
        if consumer is None:
            back = urlencode({"next": request.get_full_path()})
            return redirect(f"{address(provider, 'sign-in')}?{back}")
        try:
            return view(request, consumer, **captured)
        except Refused:
            return show(request, consumer, "developer/refused.html", "", {}, status=403)

    return never_cache(guarded)


def public(view: View) -> View:
    """A page for those who are not signed in. The view gets the provider after the request.

    While the portal is not public, whoever does not know its code is asked for it first.
    """

    @wraps(view)
    def guarded(request: HttpRequest, provider_id: int, **captured: Any) -> HttpResponse:
        provider = find_provider(provider_id)
        if not sessions.is_open(request, provider):
            back = urlencode({"next": request.get_full_path()})
            return redirect(f"{address(provider, 'open')}?{back}")
        return view(request, provider, **captured)

    return never_cache(require_http_methods(["GET", "HEAD", "POST"])(guarded))


def find_provider(provider_id: int) -> Provider:
    """Raises Http404 where there is no such provider that is in business."""
    found = Provider.objects.select_related("settings").filter(pk=provider_id).first()
    if found is None or found.state == Provider.State.SUSPENDED:
        raise Http404
    return found


def find_application(consumer: Consumer, number: int) -> Application:
    """Raises Http404 when the account has none with this number, whoever else may have it."""
    return find(consumer.applications(), number)


def find(records: Any, number: int) -> Any:
    """One of the records. Raises Http404 when it is none of them."""
    return get_object_or_404(records, pk=number)


def address(provider: Provider, name: str, *ids: int | str) -> str:
    """Of a page of the provider's portal."""
    return reverse(f"developer:{name}", args=[provider.pk, *ids])


def actor(consumer: Consumer) -> audit.Actor:
    """Whose doing it is what they change."""
    return audit.Actor(consumer.provider, None, "developer portal", consumer.developer)


def show(
    request: HttpRequest,
    consumer: Consumer,
    template: str,
    section: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """A page in the portal's frame; `section` is the entry of the navigation that is lit."""
    frame = {
        "consumer": consumer,
        "provider": consumer.provider,
        "navigation": [
            Link(label, icon, address(consumer.provider, name), name == section)
            for name, label, icon in _PLACES
        ],
    }
    return render(request, template, frame | context, status=status)
