"""How the provider's Developer Portal behaves: who comes in, and what developers see."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import PortalSettings, Product
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.pages import form_page

_OF_PROVIDER = "site_access_code"
"""What the provider itself has, and only its admins change."""


class DeveloperPortalForm(RecordForm):
    SECTIONS = (
        Section(
            "Who comes in",
            (_OF_PROVIDER, "signups_enabled", "account_approval_required", "strong_passwords_enabled"),
        ),
        Section("What they look after", ("useraccountarea_enabled",)),
    )  # fmt: skip

    site_access_code = forms.CharField(
        label="Access code",
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Visitors are asked for it. Take it away to open the portal to everybody.",
    )
    account_approval_required = forms.BooleanField(
        label="New accounts wait until you approve them",
        required=False,
        help_text="Without it whoever signs up is in at once.",
    )

    class Meta:
        model = PortalSettings
        fields = ("signups_enabled", "strong_passwords_enabled", "useraccountarea_enabled")
        labels = {
            "signups_enabled": "Developers sign up by themselves",
            "strong_passwords_enabled": "Passwords have twelve characters at least, and are none that everybody uses",
            "useraccountarea_enabled": "Admins of an account change its name and let its people in",
        }

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        provider = principal.provider
        self._plan = provider.account_plan_for_new()
        self._provider = provider
        first = {
            _OF_PROVIDER: provider.site_access_code,
            "account_approval_required": self._plan is not None and self._plan.approval_required,
        }
        super().__init__(request, provider.settings, initial=first)
        if not principal.may("edit_provider"):
            del self.fields[_OF_PROVIDER]
        if self._plan is None:
            del self.fields["account_approval_required"]

    def save(self, commit: bool = True) -> Any:
        """The settings, and what the provider and its default account plan say."""
        saved = super().save(commit)
        code = self.cleaned_data.get(_OF_PROVIDER)
        if code is not None and code != self._provider.site_access_code:
            self._provider.site_access_code = code
            self._provider.save()
        waits = self.cleaned_data.get("account_approval_required")
        if self._plan is not None and waits is not None and waits != self._plan.approval_required:
            self._plan.approval_required = waits
            self._plan.save()
        return saved


@form_page
def developer_portal(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The settings, and which products and plans show developers their analytics."""
    principal.require("edit_settings")
    form = DeveloperPortalForm(request, principal)
    here = reverse("console:developer-portal")
    where = request.build_absolute_uri(reverse("developer:home", args=[principal.provider.pk]))

    def calls(api: Api, form: DeveloperPortalForm) -> Sequence[Command]:
        given = form.given()
        code = given.pop(_OF_PROVIDER, None)
        if _OF_PROVIDER in form.changed_data:
            opened = api.call("PUT", "provider", {_OF_PROVIDER: code or ""})
            return [api.call("PUT", "settings", given), opened]
        return [api.call("PUT", "settings", given)]

    def save() -> str:
        form.save()
        return here

    asked = FormPage(
        title="Developer portal",
        section="developer-portal",
        back=here,
        calls=calls,
        said="The settings of the Developer Portal were changed",
        template="console/developer_portal.html",
        context={"portal_url": where, "products": _products(principal)},
    )
    return asked.answer(request, principal, form, save)


def _products(principal: Principal) -> QuerySet[Product]:
    """Those whose switches the user may see, each with how many of its plans and metrics developers do not see."""
    own_plans = Q(application_plans__original=None)
    unseen = own_plans & Q(application_plans__buyers_see_analytics=False)
    hidden = own_plans & Q(application_plans__plan_metrics__visible=False)
    found = principal.products() if principal.may("see_products") else Product.objects.none()
    return found.annotate(
        unseen_plans=Count("application_plans", filter=unseen, distinct=True),
        hidden_metrics=Count("application_plans__plan_metrics", filter=hidden, distinct=True),
    ).order_by("name", "pk")
