"""A product's own pages: made, described, deleted."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog import deletion, dependents
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Product
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.pages import find_product, form_page

_PATH = "services/{service_id}"
_EVENTS = {
    "complete": "Hidden: set up, not offered yet",
    "publish": "Published: offered to developers",
    "hide": "Hidden: not offered",
    "take_offline": "Offline for now",
    "deprecate": "Deprecated: for good",
}


class ProductForm(RecordForm):
    AT_ONCE = ("name", "system_name")

    class Meta:
        model = Product
        fields = ("name", "system_name", "description")
        help_texts = {
            "system_name": "Its name for scripts. Made from the name if left blank; it cannot be changed later.",
        }


class ProductEditForm(RecordForm):
    """With the state, which changes by events only."""

    AT_ONCE = ("name", "support_email")
    NEEDED = ("state_event",)

    state_event = forms.ChoiceField(label="State", required=False)

    class Meta:
        model = Product
        fields = ("name", "system_name", "description", "support_email")
        labels = {"support_email": "Support address"}
        help_texts = {
            "system_name": "It cannot be changed.",
            "support_email": "Whom its developers ask. Left blank, it is the provider's.",
        }

    def __init__(self, request: HttpRequest, product: Product) -> None:
        super().__init__(request, product)
        events: Any = [("", f"Stays {product.state}")]
        targets: set[str] = {product.state}
        for event, label in _EVENTS.items():
            transition = Product.TRANSITIONS[event]
            if product.state in transition.sources and transition.target not in targets:
                targets.add(transition.target)
                events.append((event, label))
        self.fields["state_event"].choices = events

    def save(self, commit: bool = True) -> Product:
        product: Product = super().save()
        if self.cleaned_data["state_event"]:
            product.go(self.cleaned_data["state_event"])
        return product


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    principal.require("create_products")
    form = ProductForm(request, Product(provider=principal.provider))
    asked = FormPage(
        title="Create a product",
        section="products",
        back=reverse("console:products"),
        calls=lambda api, form: [api.call("POST", "services", form.given())],
        save="Create",
        said="The product was created",
    )
    return asked.answer(
        request, principal, form, lambda: reverse("console:product", args=[form.save().pk])
    )


@form_page
def edit(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    form = ProductEditForm(request, product)
    here = reverse("console:product-edit", args=[product.pk])

    def calls(api: Api, form: ProductEditForm) -> Sequence[Command]:
        return [api.call("PUT", _PATH, form.given(), service_id=product_id)]

    def save() -> str:
        form.save()
        return here

    asked = FormPage(
        title="Product",
        section="product-edit",
        back=reverse("console:product", args=[product.pk]),
        calls=calls,
        said="The product was changed",
        template="console/product_edit.html",
        context={"product": product},
    )
    return asked.answer(request, principal, form, save)


@form_page
def delete(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("create_products")
    product = find_product(principal, product_id)
    asked = Confirm(
        title=f"Delete the product {product.name}?",
        section="product-edit",
        back=reverse("console:product-edit", args=[product.pk]),
        then=reverse("console:products"),
        said=f"The product {product.name} was deleted",
        calls=lambda api: [api.call("DELETE", _PATH, service_id=product_id)],
        dependents=dependents.of(product),
        note="Its calls are refused from the next one on. What it counted stays in the history.",
        context={"product": product},
    )
    return asked.answer(request, principal, lambda: deletion.delete_product(product))
