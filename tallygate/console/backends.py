"""Backends: their list, one of them, and which products use it."""

from collections.abc import Sequence

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog import dependents
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Backend
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Listing
from tallygate.console.pages import api_of, find_backend, form_page, page, show

_COLUMNS = (
    Column("Backend", "name", "/name"),
    Column("Private address", "address", "/private_endpoint", wide=True),
    Column("Products using it", "products", "products", number=True),
    Column("Changed", "changed", "updated_at", wide=True),
)
_USES = (
    Column("Product", "name", "/product__name"),
    Column("Path", "path", "path"),
)


class BackendForm(RecordForm):
    AT_ONCE = ("name", "system_name", "private_endpoint")

    class Meta:
        model = Backend
        fields = ("name", "system_name", "private_endpoint", "description")
        labels = {"private_endpoint": "Private address"}
        help_texts = {
            "system_name": "Its name for scripts. Made from the name if left blank; it cannot be changed later.",
            "private_endpoint": "Where gateways reach it: an http, https, ws or wss URL.",
        }


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The provider's backends."""
    principal.require("see_backends")
    found = principal.backends().annotate(products=Count("usages"))
    shown = Listing(
        request.GET, found, _COLUMNS, noun="backend",
        search=("name", "system_name", "private_endpoint"),
    )  # fmt: skip
    context = {
        "title": "Backends",
        "listing": shown,
        "calls": [api_of(request).call("GET", "backend_apis")],
    }
    return show(request, principal, "console/backends.html", "backends", context)


@page
def overview(request: HttpRequest, principal: Principal, backend_id: int) -> HttpResponse:
    """One backend and the products that use it, of those that the user may see."""
    principal.require("see_backends")
    backend = find_backend(principal, backend_id)
    uses = backend.usages.filter(product__in=principal.products().order_by())
    context = {
        "title": backend.name,
        "backend": backend,
        "listing": Listing(
            request.GET, uses.select_related("product"), _USES, noun="product",
            search=("product__name", "product__system_name", "path"),
        ),
        "calls": [api_of(request).call("GET", "backend_apis/{backend_api_id}", backend_api_id=backend.pk)],
    }  # fmt: skip
    return show(request, principal, "console/backend.html", "backend", context)


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    principal.require("create_backends")
    form = BackendForm(request, Backend(provider=principal.provider))
    asked = FormPage(
        title="Create a backend",
        section="backends",
        back=reverse("console:backends"),
        calls=lambda api, form: [api.call("POST", "backend_apis", form.given())],
        save="Create",
        said="The backend was created",
    )
    return asked.answer(request, principal, form, lambda: _page_of(form.save()))


@form_page
def edit(request: HttpRequest, principal: Principal, backend_id: int) -> HttpResponse:
    principal.require("edit_backends")
    backend = find_backend(principal, backend_id)
    form = BackendForm(request, backend)
    path = "backend_apis/{backend_api_id}"

    def calls(api: Api, form: BackendForm) -> Sequence[Command]:
        return [api.call("PUT", path, form.given(), backend_api_id=backend_id)]

    asked = FormPage(
        title=f"Edit {backend.name}",
        section="backend",
        back=_page_of(backend),
        calls=calls,
        said="The backend was changed",
        context={"backend": backend},
    )
    return asked.answer(request, principal, form, lambda: _page_of(form.save()))


@form_page
def delete(request: HttpRequest, principal: Principal, backend_id: int) -> HttpResponse:
    principal.require("create_backends")
    backend = find_backend(principal, backend_id)
    path = "backend_apis/{backend_api_id}"
    asked = Confirm(
        title=f"Delete the backend {backend.name}?",
        section="backend",
        back=_page_of(backend),
        then=reverse("console:backends"),
        said=f"The backend {backend.name} was deleted",
        calls=lambda api: [api.call("DELETE", path, backend_api_id=backend_id)],
        dependents=dependents.of(backend),
        note="What was counted stays in the history.",
        context={"backend": backend},
    )
    return asked.answer(request, principal, backend.delete)


def _page_of(backend: Backend) -> str:
    return reverse("console:backend", args=[backend.pk])
