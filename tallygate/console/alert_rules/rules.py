"""The rules."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from tallygate.alerting.models import AlertRule
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Product
from tallygate.console.account_settings import zone_choices
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import api_of, find_product, form_page, page, show
from tallygate.reports.models.subscription import WEEKDAYS

HOME = "services/{service_id}/alert_rules"
EACH = f"{HOME}/{{alert_rule_id}}"

_COLUMNS = (
    Column("Rule", "name", "/name"),
    Column("Watches", wide=True),
    Column("Going on", number=True),
    Column(""),
)
_KINDS = Filter("kind", "Kind", AlertRule.Kind.choices, lambda kind: Q(kind=kind))
_HOURS = [(hour, f"{hour:02}:00") for hour in range(25)]


class RuleForm(RecordForm):
    SECTIONS = (
        Section("", ("name", "kind")),
        Section("When", ("threshold", "period", "minutes", "codes", "at_least", "hysteresis")),
        Section("Of what", ("metric", "plan", "each_application")),
        Section(
            "When somebody wants to know",
            ("days", "begin_hour", "end_hour", "time_zone"),
            "Outside of these hours it is quiet; what still holds when they begin is told then.",
        ),
        Section(
            "Who is told", ("emails", "tell_developers", "webhook_url", "slack_url", "enabled")
        ),
    )
    PARAMETERS = {"metric": "metric_id", "plan": "plan_id"}

    kind = forms.ChoiceField(widget=forms.RadioSelect, choices=AlertRule.Kind.choices)
    days = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
    )
    begin_hour = forms.TypedChoiceField(label="From", coerce=int, choices=_HOURS)
    end_hour = forms.TypedChoiceField(
        label="To", coerce=int, choices=_HOURS, help_text="Before the beginning: on the next day."
    )
    time_zone = forms.ChoiceField(required=False, choices=lambda: [("", "The organisation's"), *zone_choices()])  # fmt: skip

    class Meta:
        model = AlertRule
        fields = (
            "name", "kind", "threshold", "period", "minutes", "codes", "at_least", "hysteresis", "metric",
            "plan", "each_application", "days", "begin_hour", "end_hour", "time_zone", "emails",
            "tell_developers", "webhook_url", "slack_url", "enabled",
        )  # fmt: skip
        labels = {
            "minutes": "In the last minutes",
            "codes": "Response code or class",
            "at_least": "Not for fewer calls than",
            "each_application": "Each application by itself",
            "emails": "E-mail addresses",
            "tell_developers": "The developers of the application, too",
            "webhook_url": "Webhook",
            "slack_url": "Slack-compatible URL",
        }
        help_texts = {
            "threshold": "Percent for limits, changes and codes; a number for totals; of silence there is none.",
            "period": "Of totals.",
            "minutes": "Of rises, falls, codes and silence.",
            "hysteresis": "In percent of the threshold: by so much the value must come back before it is told again.",
            "metric": "Hits where none is chosen.",
            "emails": "With commas between them.",
            "webhook_url": "Gets a signed POST.",
        }

    def __init__(self, request: HttpRequest, rule: AlertRule) -> None:
        super().__init__(request, rule, initial={"days": list(rule.days)})
        self.fields["metric"].queryset = rule.product.all_metrics()
        self.fields["metric"].label_from_instance = lambda metric: metric.friendly_name
        self.fields["plan"].queryset = rule.product.application_plans.order_by("name", "pk")

    def clean_days(self) -> str:
        return "".join(sorted(self.cleaned_data["days"]))

    def given(self) -> dict[str, Any]:
        """As the API calls it."""
        given = super().given()
        if isinstance(given.get("days"), list):
            given["days"] = "".join(sorted(given["days"]))
        return given


@page
def listing(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("see_analytics")
    product = find_product(principal, product_id)
    found = product.alert_rules.annotate(going_on=Count("incidents", Q(incidents__ended_s=None)))
    context = {
        "title": "Alert rules",
        "product": product,
        "listing": Listing(
            request.GET, found, _COLUMNS, noun="rule", search=("name",), filters=[_KINDS]
        ),
        "calls": [api_of(request).call("GET", HOME, service_id=product.pk)],
    }
    return show(request, principal, "console/alert_rules.html", "alert-rules", context)


@form_page
def create(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("edit_alert_rules")
    product = find_product(principal, product_id)
    form = RuleForm(request, AlertRule(product=product, kind=AlertRule.Kind.CODES, threshold=5))

    def calls(api: Api, form: RuleForm) -> Sequence[Command]:
        return [api.call("POST", HOME, form.given(), service_id=product.pk)]

    return _page(product, "Add a rule", calls, "The rule was added", "Create").answer(
        request, principal, form, lambda: _saved(form)
    )


@form_page
def edit(
    request: HttpRequest, principal: Principal, product_id: int, alert_rule_id: int
) -> HttpResponse:
    principal.require("edit_alert_rules")
    product = find_product(principal, product_id)
    rule = _find(product, alert_rule_id)
    form = RuleForm(request, rule)

    def calls(api: Api, form: RuleForm) -> Sequence[Command]:
        given = form.given() if form.changed_data else None
        ids = {"service_id": product.pk, "alert_rule_id": rule.pk}
        return [api.call("PUT" if given else "GET", EACH, given, **ids)]

    asked = _page(product, f"Edit {rule.name}", calls, "The rule was changed")
    return asked.answer(request, principal, form, lambda: _saved(form))


@form_page
def delete(
    request: HttpRequest, principal: Principal, product_id: int, alert_rule_id: int
) -> HttpResponse:
    principal.require("edit_alert_rules")
    product = find_product(principal, product_id)
    rule = _find(product, alert_rule_id)
    home = reverse("console:alert-rules", args=[product.pk])
    asked = Confirm(
        title=f"Delete the rule {rule.name}?",
        section="alert-rules",
        back=home,
        then=home,
        said=f"The rule {rule.name} was deleted",
        calls=lambda api: [api.call("DELETE", EACH, service_id=product.pk, alert_rule_id=rule.pk)],
        note="What it noticed goes along.",
        context={"product": product},
    )
    return asked.answer(request, principal, rule.delete)


def _find(product: Product, alert_rule_id: int) -> AlertRule:
    return get_object_or_404(
        product.alert_rules.select_related("product__provider"), pk=alert_rule_id
    )


def _page(product: Product, title: str, calls: Any, said: str, save: str = "Save") -> FormPage:
    home = reverse("console:alert-rules", args=[product.pk])
    context = {"product": product, "has_mail": bool(settings.TALLYGATE.smtp_url)}
    return FormPage(
        title=title, section="alert-rules", back=home, calls=calls, save=save, said=said,
        context=context,
    )  # fmt: skip


def _saved(form: RuleForm) -> str:
    return reverse("console:alert-rules", args=[form.save().product_id])
