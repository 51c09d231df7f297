"""Saved views: listed, made from the page that one looks at, changed, deleted."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import SavedView
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Listing
from tallygate.console.pages import api_of, form_page, page, show

_PATH = "saved_views"
_EACH = f"{_PATH}/{{saved_view_id}}"
_COLUMNS = (
    Column("View", "name", "/name"),
    Column("Page", "page", "url", wide=True),
    Column("Product", "product", "/product__name"),
    Column(""),
)


class ViewForm(RecordForm):
    AT_ONCE = ("name", "url")

    class Meta:
        model = SavedView
        fields = ("name", "url")
        labels = {"url": "Page"}
        help_texts = {
            "name": "Everybody in the organisation finds the view by it.",
            "url": "The page's address here, with all that was chosen on it.",
        }


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Those of the products that the user may see, and of pages that are no product's."""
    principal.require("see_analytics")
    shown = Listing(
        request.GET,
        principal.shared(SavedView).select_related("product"),
        _COLUMNS,
        noun="view",
        search=("name", "url", "product__name"),
    )
    context = {
        "title": "Saved views",
        "listing": shown,
        "search_label": "Find a view",
        "calls": [api_of(request).call("GET", _PATH)],
    }
    return show(request, principal, "console/saved_views.html", "views", context)


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A new one, of the page that the query names (`url`)."""
    principal.require("edit_saved_views")
    view = SavedView(provider=principal.provider, url=request.GET.get("url", ""))
    form = ViewForm(request, view)

    def calls(api: Api, form: ViewForm) -> Sequence[Command]:
        return [api.call("POST", _PATH, form.given())]

    asked = FormPage(
        title="Save a view",
        section="views",
        back=reverse("console:views"),
        calls=calls,
        said="The view was saved",
    )
    return asked.answer(request, principal, form, lambda: _saved(form))


@form_page
def edit(request: HttpRequest, principal: Principal, view_id: int) -> HttpResponse:
    principal.require("edit_saved_views")
    view = _find(principal, view_id)
    form = ViewForm(request, view)

    def calls(api: Api, form: ViewForm) -> Sequence[Command]:
        return [api.call("PUT", _EACH, form.given(), saved_view_id=view_id)]

    asked = FormPage(
        title=f"Change {view.name}",
        section="views",
        back=reverse("console:views"),
        calls=calls,
        said="The view was changed",
    )
    return asked.answer(request, principal, form, lambda: _saved(form))


@form_page
def delete(request: HttpRequest, principal: Principal, view_id: int) -> HttpResponse:
    principal.require("edit_saved_views")
    view = _find(principal, view_id)
    back = reverse("console:views")
    asked = Confirm(
        title=f"Delete the view {view.name}?",
        section="views",
        back=back,
        then=back,
        said="The view was deleted",
        calls=lambda api: [api.call("DELETE", _EACH, saved_view_id=view_id)],
        note="It goes for everybody in the organisation; the page itself stays.",
    )
    return asked.answer(request, principal, view.delete)


def _find(principal: Principal, view_id: int) -> SavedView:
    return get_object_or_404(principal.shared(SavedView), pk=view_id)


def _saved(form: ViewForm) -> str:
    form.save()
    return reverse("console:views")
