"""Which backends a product uses, and under which paths."""

from collections.abc import Sequence

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog import dependents
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Backend, BackendUsage, Product
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Listing
from tallygate.console.pages import api_of, find_product, form_page, page, show

_COLUMNS = (
    Column("Backend", "name", "/backend__name"),
    Column("Path", "path", "path"),
    Column("Private address", "address", "/backend__private_endpoint", wide=True),
    Column(""),
)
_PATH = "services/{service_id}/backend_usages"
_EACH = f"{_PATH}/{{backend_usage_id}}"


class UsageForm(RecordForm):
    AT_ONCE = ("path",)
    PARAMETERS = {"backend": "backend_api_id"}

    backend = forms.ModelChoiceField(queryset=None, empty_label="Choose a backend")

    class Meta:
        model = BackendUsage
        fields = ("backend", "path")
        help_texts = {
            "path": "Requests that begin with it go to the backend, and its mapping rules stand behind it."
        }

    def __init__(self, request: HttpRequest, usage: BackendUsage) -> None:
        super().__init__(request, usage)
        backends = Backend.objects.filter(provider=usage.product.provider_id)
        if usage._state.adding:
            backends = backends.exclude(usages__product=usage.product_id)
        self.fields["backend"].queryset = backends.order_by("name", "pk")


@page
def listing(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("see_products")
    product = find_product(principal, product_id)
    shown = Listing(
        request.GET, product.backend_usages.select_related("backend"), _COLUMNS, noun="backend",
        search=("backend__name", "backend__system_name", "path"), order="path",
    )  # fmt: skip
    context = {
        "title": "Backends",
        "product": product,
        "listing": shown,
        "calls": [api_of(request).call("GET", _PATH, service_id=product_id)],
    }
    return show(request, principal, "console/usages.html", "usages", context)


@form_page
def create(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    usages = product.backend_usages
    usage = BackendUsage(product=product, path="" if usages.exists() else "/")
    form = UsageForm(request, usage)

    def calls(api: Api, form: UsageForm) -> Sequence[Command]:
        return [api.call("POST", _PATH, form.given(), service_id=product_id)]

    asked = FormPage(
        title="Add a backend",
        section="usages",
        back=_list_of(product),
        calls=calls,
        save="Add",
        said="The backend was added",
        context={"product": product},
    )
    return asked.answer(request, principal, form, lambda: _saved(form, product))


@form_page
def edit(
    request: HttpRequest, principal: Principal, product_id: int, usage_id: int
) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    usage = _find(product, usage_id)
    form = UsageForm(request, usage)

    def calls(api: Api, form: UsageForm) -> Sequence[Command]:
        return [
            api.call("PUT", _EACH, form.given(), service_id=product_id, backend_usage_id=usage_id)
        ]

    asked = FormPage(
        title=f"The path of {usage.backend.name}",
        section="usages",
        back=_list_of(product),
        calls=calls,
        said="The path was changed",
        context={"product": product},
    )
    return asked.answer(request, principal, form, lambda: _saved(form, product))


@form_page
def delete(
    request: HttpRequest, principal: Principal, product_id: int, usage_id: int
) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    usage = _find(product, usage_id)
    asked = Confirm(
        title=f"Remove the backend {usage.backend.name} from {product.name}?",
        section="usages",
        back=_list_of(product),
        then=_list_of(product),
        said=f"The backend {usage.backend.name} was removed",
        calls=lambda api: [
            api.call("DELETE", _EACH, service_id=product_id, backend_usage_id=usage_id)
        ],
        dependents=dependents.of(usage),
        note="The backend itself stays. Its metrics do not count in this product any more; what was counted stays.",
        verb="Remove",
        context={"product": product},
    )
    return asked.answer(request, principal, usage.delete)


def _find(product: Product, usage_id: int) -> BackendUsage:
    usage = product.backend_usages.select_related("backend").filter(pk=usage_id).first()
    if usage is None:
        raise Http404
    usage.product = product
    return usage


def _saved(form: UsageForm, product: Product) -> str:
    form.save()
    return _list_of(product)


def _list_of(product: Product) -> str:
    return reverse("console:usages", args=[product.pk])
