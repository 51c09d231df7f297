"""What developers may do with their applications of a product, and who is told how much of a limit is used."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.alert_levels import AUDIENCES, LEVELS
from tallygate.catalog.models import Product
from tallygate.catalog.models.portal_settings import PlanChange
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.pages import find_product, form_page

_SWITCHES = {
    "buyers_manage_apps": "Developers create, change and delete their applications",
    "buyers_manage_keys": "Developers add and remove keys",
    "custom_keys_enabled": "Developers may choose a key's value",
    "buyer_key_regenerate_enabled": "Developers may have a user key made anew",
    "mandatory_app_key": "New applications get a key at once",
    "referrer_filters_required": "Calls must come from a referrer that the application names",
    "intentions_required": "Developers must say what a new application is for",
    "buyer_can_select_plan": "Developers choose the plan of a new application",
}
_ANALYTICS = {
    "buyers_see_analytics": "Developers see what their applications use",
    "buyers_see_response_codes": "They see with which response codes their calls were answered",
}
_PLAN_CHANGES = {
    PlanChange.REQUEST: "They ask, and the provider changes it",
    PlanChange.DIRECT: "They change it themselves",
    PlanChange.NONE: "Not at all",
    PlanChange.CREDIT_CARD: "They change it themselves, with a credit card",
    PlanChange.REQUEST_CREDIT_CARD: "With a credit card themselves, else they ask",
}
_TOLD = {
    "web_provider": "Your users are told on pages",
    "email_provider": "Your users are told by mail",
    "web_buyer": "Developers are told on pages",
    "email_buyer": "Developers are told by mail",
}


def _levels(label: str) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=f"{label} at",
        coerce=int,
        choices=[(level, f"{level} %") for level in LEVELS],
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "inline"}),
    )


class UsageRulesForm(RecordForm):
    SECTIONS = (
        Section("Developers", (*_SWITCHES, "buyer_plan_change_permission")),
        Section(
            "Analytics in the Developer Portal",
            tuple(_ANALYTICS),
            "Plans say it once more for their applications, and for each metric whether it is seen.",
        ),
        Section(
            "Alerts",
            AUDIENCES,
            "Levels of a limit's utilization of which somebody is told, each once a day.",
        ),
    )

    web_provider = _levels(_TOLD["web_provider"])
    email_provider = _levels(_TOLD["email_provider"])
    web_buyer = _levels(_TOLD["web_buyer"])
    email_buyer = _levels(_TOLD["email_buyer"])

    class Meta:
        model = Product
        fields = (*_SWITCHES, "buyer_plan_change_permission", *_ANALYTICS)
        labels = (
            _SWITCHES
            | _ANALYTICS
            | {"buyer_plan_change_permission": "How developers come to another plan"}
        )

    def __init__(self, request: HttpRequest, product: Product) -> None:
        super().__init__(request, product, initial=dict(product.notification_settings))
        self.fields["buyer_plan_change_permission"].choices = _PLAN_CHANGES.items()

    def complete(self) -> None:
        self.instance.notification_settings = self._alerts(self.cleaned_data)

    def given(self) -> dict[str, Any]:
        """The levels are one value of the API, and are told as a whole."""
        given = super().given()
        if any(given.pop(audience, None) is not None for audience in AUDIENCES):
            values = {name: self[name].value() for name in AUDIENCES}
            given["notification_settings"] = self._alerts(values)
        return given

    def _alerts(self, values: dict[str, Any]) -> dict[str, list[int]]:
        """Audience -> its levels, ascending; what is no level is left out."""
        chosen = {name: set(map(str, values.get(name) or ())) for name in AUDIENCES}
        found = {
            name: [level for level in LEVELS if str(level) in chosen[name]] for name in AUDIENCES
        }
        return {name: levels for name, levels in found.items() if levels}


@form_page
def usage_rules(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    form = UsageRulesForm(request, product)
    here = reverse("console:usage-rules", args=[product.pk])

    def calls(api: Api, form: UsageRulesForm) -> Sequence[Command]:
        return [api.call("PUT", "services/{service_id}", form.given(), service_id=product_id)]

    def save() -> str:
        form.save()
        return here

    asked = FormPage(
        title="Usage rules",
        section="usage-rules",
        back=here,
        calls=calls,
        said="The usage rules were changed",
        context={"product": product},
    )
    return asked.answer(request, principal, form, save)
