"""What all pages behind the sign-in have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tallygate.catalog.access import (
    NotFound,
    Principal,
    ProviderSuspended,
    Refused,
    ServiceNotFound,
    for_user,
)
from tallygate.catalog.models import Backend, Product
from tallygate.console import navigation
from tallygate.console.curl import Api
from tallygate.domain.errors import HistoryUnavailable, QuestionError

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page that a signed-in user reads, and that no cache keeps.

    The view gets the user's Principal after the request. What the user may not do is a page with
    status 403; whoever is not signed in is sent to the sign-in page and back.
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
    def guarded(request: HttpRequest, **captured: Any) -> HttpResponse:
        try:
            return view(request, for_user(request.user), **captured)
        except Refused as error:
            return render(request, "403.html", {"message": _words(error)}, status=403)

    return never_cache(login_required(guarded))


def _words(error: Refused) -> str:
    if isinstance(error, ProviderSuspended):
        return "Your organisation is suspended"
    return "Your user may not do or see this"


def find_product(principal: Principal, product_id: int) -> Product:
    """Raises Http404 for a product that does not exist and for one that the user may not see alike."""
    try:
        return principal.product(product_id)
    except ServiceNotFound:
        raise Http404 from None


def find_backend(principal: Principal, backend_id: int) -> Backend:
    """Raises Http404 when the provider has none."""
    try:
        return principal.backend(backend_id)
    except NotFound:
        raise Http404 from None


def sees_traffic(principal: Principal) -> bool:
    """Whether the analytics pages are open to them, and so worth a link."""
    return principal.may("see_analytics")


def unanswered(
    error: QuestionError | HistoryUnavailable, advice: str = " Try again in a moment."
) -> tuple[int, dict[str, str]]:
    """What is said of a question without an answer: the status, and a title and a text.

    Args:
        advice: What to do while the history cannot answer.
    """
    text = str(error)
    text = text[:1].upper() + text[1:]
    if isinstance(error, QuestionError):
        return 400, {"title": "This cannot be shown", "text": text}
    lost = "Calls go on being counted, and nothing is lost."
    return 503, {
        "title": "The numbers cannot be read right now",
        "text": f"{text}. {lost}{advice}",
    }


def api_of(request: HttpRequest) -> Api:
    """The APIs at the address at which the page was asked for."""
    return Api(request.build_absolute_uri("/"))


def go(request: HttpRequest, url: str) -> HttpResponse:
    """To another page after a change, whether the browser or a script of the page asks."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


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
        context: With `product`, `backend` or `account`, the navigation has its pages; `title` is the page's
            heading, `calls` are what the API does alike.
    """
    about = [context.get(name) for name in ("product", "backend", "account")]
    frame = {
        "provider": principal.provider,
        "navigation": list(navigation.groups(principal, section, *about)),
        "may": May(principal),
        "product": None,
        "sees_traffic": sees_traffic(principal),
    }
    return render(request, template, frame | context, status=status)


class May:
    """For templates: `{% if may.edit_products %}`."""

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    def __getitem__(self, ability: str) -> bool:
        return self._principal.may(ability)
