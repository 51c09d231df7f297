"""How a product is called: credentials, addresses, and what callers are told when a call is refused."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog import deployment
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Product, Proxy
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.pages import find_product, form_page

MEANWHILE = (
    "Somebody else has changed these settings since you opened them."
    " Save again if yours are to go before theirs."
)

_OF_PRODUCT = ("backend_version", "deployment_option")
_REFUSALS = {
    "auth_failed": "Wrong credentials",
    "auth_missing": "No credentials",
    "no_match": "No mapping rule matches",
    "limits_exceeded": "Limit exceeded",
}
_OIDC = (
    "oidc_issuer_type", "oidc_issuer_endpoint", "jwt_claim_with_client_id_type",
    "jwt_claim_with_client_id",
)  # fmt: skip
_MODES: dict[str, str] = {value: str(label) for value, label in Product.BackendVersion.choices}


def _of_refusal(name: str) -> tuple[str, ...]:
    return f"error_status_{name}", f"error_headers_{name}", f"error_{name}"


class IntegrationForm(RecordForm):
    """The product's proxy, and of the product itself what is about calls."""

    SECTIONS = (
        Section(
            "Authentication",
            (
                "backend_version", "credentials_location", "auth_user_key", "auth_app_id",
                "auth_app_key", *_OIDC,
            ),
            "How applications say who they are.",
        ),
        Section(
            "Gateway",
            (
                "deployment_option", "endpoint", "sandbox_endpoint", "hostname_rewrite",
                "secret_token", "api_test_path", "lock_version",
            ),
        ),
        *(
            Section(f"Answer: {title.lower()}", _of_refusal(name), row=True)
            for name, title in _REFUSALS.items()
        ),
    )  # fmt: skip
    AT_ONCE = (
        "auth_user_key", "auth_app_id", "auth_app_key", "endpoint", "sandbox_endpoint",
        "hostname_rewrite", "secret_token", "api_test_path",
        *(name for refusal in _REFUSALS for name in _of_refusal(refusal)),
    )  # fmt: skip
    WHEN = {
        "auth_user_key": ("backend_version", "1"),
        "auth_app_id": ("backend_version", "2"),
        "auth_app_key": ("backend_version", "2"),
        **dict.fromkeys(_OIDC, ("backend_version", "oidc")),
    }

    backend_version = forms.ChoiceField(
        label="Applications authenticate by", choices=_MODES.items(), widget=forms.RadioSelect
    )
    deployment_option = forms.ChoiceField(
        label="Deployment",
        choices=[
            (value, str(label).replace("_", " ").capitalize())
            for value, label in Product.DeploymentOption.choices
        ],
    )
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Proxy
        fields = (
            "credentials_location", "auth_user_key", "auth_app_id", "auth_app_key", *_OIDC,
            "endpoint", "sandbox_endpoint", "hostname_rewrite", "secret_token", "api_test_path",
            *(name for refusal in _REFUSALS for name in _of_refusal(refusal)),
        )  # fmt: skip
        widgets = {"credentials_location": forms.RadioSelect}
        labels = {
            "credentials_location": "Credentials stand in",
            "auth_user_key": "Name of the user key",
            "auth_app_id": "Name of the application id",
            "auth_app_key": "Name of the application key",
            "endpoint": "Public address in production",
            "sandbox_endpoint": "Public address in staging",
            "hostname_rewrite": "Host header to the backend",
            "api_test_path": "Path for a test call",
            "oidc_issuer_type": "Kind of issuer",
            "oidc_issuer_endpoint": "Issuer",
            "jwt_claim_with_client_id_type": "Kind of claim",
            "jwt_claim_with_client_id": "Claim with the client id",
            **{f"error_status_{name}": "Status" for name in _REFUSALS},
            **{f"error_headers_{name}": "Content type" for name in _REFUSALS},
            **{f"error_{name}": "Text" for name in _REFUSALS},
        }
        help_texts = {
            "endpoint": "Where callers reach the gateway; an http or https URL.",
            "hostname_rewrite": "Left blank, it is the backend's own.",
            "secret_token": "What the gateway sends to backends, so that they know it.",
        }

    def __init__(self, request: HttpRequest, proxy: Proxy) -> None:
        self._seen = proxy.lock_version
        own = {name: getattr(proxy.product, name) for name in _OF_PRODUCT}
        super().__init__(request, proxy, initial=own | {"lock_version": proxy.lock_version})
        self.fields["credentials_location"].choices = [
            ("query", "Query parameters, or the form"),
            ("headers", "HTTP headers"),
            ("authorization", "HTTP Basic authentication"),
        ]

    def complete(self) -> None:
        """The product's own rules are told here too."""
        product = self.instance.product
        for name in _OF_PRODUCT:
            if name in self.cleaned_data:
                setattr(product, name, self.cleaned_data[name])
        try:
            product.full_clean()
        except ValidationError as error:
            self.refuse(error)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("lock_version") != self._seen:
            self.data = self.data.copy()
            self.data["lock_version"] = self._seen
            raise ValidationError(MEANWHILE)
        return cleaned

    def save_for(self, principal: Principal) -> None:
        """Saves both, and deploys the product to the sandbox."""
        self.instance.product.save()
        listener_url = settings.TALLYGATE.listener_url
        deployment.save_proxy(self.instance, listener_url, principal.user)

    def calls(self, api: Api) -> Sequence[Command]:
        """Two: the product and its proxy are two records of the API."""
        given = self.given()
        given.pop("lock_version", None)
        own = {name: given.pop(name) for name in _OF_PRODUCT if name in given}
        key = self.instance.product_id
        commands = [("services/{service_id}", own), ("services/{service_id}/proxy", given)]
        return [
            api.call("PUT", path, values, service_id=key) for path, values in commands if values
        ]


@form_page
def integration(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    form = IntegrationForm(request, product.proxy)
    here = reverse("console:integration", args=[product.pk])

    def save() -> str:
        form.save_for(principal)
        return here

    asked = FormPage(
        title="Integration",
        section="integration",
        back=here,
        calls=lambda api, form: form.calls(api),
        said="The integration was changed",
        template="console/integration.html",
        context={
            "product": product,
            "token": product.service_tokens.order_by("pk").first(),
            "listener_url": settings.TALLYGATE.listener_url,
        },
    )
    return asked.answer(request, principal, form, save)
