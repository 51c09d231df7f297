"""Who gets which report, and when."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Product
from tallygate.console.account_settings import zone_choices
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, api_of, form_page, page, show
from tallygate.domain.schedule import LAST_MONTHDAY
from tallygate.reports.models import Subscription
from tallygate.reports.models.subscription import WEEKDAYS
from tallygate.reports.ordering import order_again
from tallygate.reports.preferences import end
from tallygate.web import runtime, scheduler

HOME = "personal/reports"
EACH = f"{HOME}/{{report_id}}"

_COLUMNS = (
    Column("Report", "period", "period"),
    Column("For", "user", "user__username"),
    Column("Comes", wide=True),
    Column("Next", "next", "check_at_s", wide=True),
    Column(""),
)
_PERIODS = Filter("period", "How often", Subscription.Period.choices, lambda name: Q(period=name))


class SubscriptionForm(RecordForm):
    SECTIONS = (
        Section("", ("product", "period")),
        Section("When it comes", ("weekday", "monthday", "hour", "minute", "time_zone")),
    )
    WHEN = {"weekday": ("period", "week"), "monthday": ("period", "month")}
    PARAMETERS = {"product": "service_id"}

    product = forms.ModelChoiceField(
        Product.objects.none(),
        label="About",
        required=False,
        empty_label="All products that may be seen",
    )
    period = forms.ChoiceField(
        label="How often",
        widget=forms.RadioSelect,
        choices=Subscription.Period.choices,
        initial="week",
        help_text="About the whole day, week from Monday, or month before.",
    )
    weekday = forms.TypedChoiceField(
        label="On", coerce=int, choices=list(enumerate(WEEKDAYS)), required=False, empty_value=0
    )
    monthday = forms.TypedChoiceField(
        label="On day",
        coerce=int,
        choices=[(day, str(day)) for day in range(1, LAST_MONTHDAY + 1)],
        required=False,
        empty_value=1,
    )
    hour = forms.TypedChoiceField(
        label="At",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )
    minute = forms.IntegerField(label="Minutes after the hour", min_value=0, max_value=59)
    time_zone = forms.ChoiceField(
        label="In the time zone", required=False, help_text="Days begin in it, too."
    )

    class Meta:
        model = Subscription
        fields = ("product", "period", "weekday", "monthday", "hour", "minute", "time_zone")

    def __init__(self, request: HttpRequest, principal: Principal, subscription: Any) -> None:
        super().__init__(request, subscription)
        self.fields["product"].queryset = principal.products().order_by("name", "pk")
        own = f"The organisation's ({subscription.user.provider.time_zone})"
        self.fields["time_zone"].choices = [("", own), *zone_choices()]


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """One's own; of the whole organisation for those who manage its users."""
    principal.require("see_analytics")
    found = Listing(
        request.GET, seen(principal).select_related("user__provider", "product"), _COLUMNS,
        noun="report", search=("product__name", "user__username", "user__email"),
        filters=[_PERIODS], order="",
    )  # fmt: skip
    context = {
        "title": "Reports",
        "listing": found,
        "has_mail": bool(settings.TALLYGATE.smtp_url),
        "calls": [api_of(request).call("GET", HOME)],
    }
    return show(request, principal, "console/reports.html", "reports", context)


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """One's own; for others one opens their user's page in the API."""
    principal.require("see_analytics")
    if principal.user is None:
        raise Http404
    product = request.GET.get("product", "")
    subscription = Subscription(user=principal.user, period="week")
    if product.isascii() and product.isdigit():
        subscription.product = principal.products().filter(pk=product[:18]).first()
    form = SubscriptionForm(request, principal, subscription)

    def calls(api: Api, form: SubscriptionForm) -> Sequence[Command]:
        return [api.call("POST", HOME, form.given())]

    return _page("Get a report", "The report will come", calls, "Create").answer(
        request, principal, form, lambda: _saved(form)
    )


@form_page
def edit(request: HttpRequest, principal: Principal, report_id: int) -> HttpResponse:
    principal.require("see_analytics")
    subscription = find(principal, report_id)
    form = SubscriptionForm(request, principal, subscription)

    def calls(api: Api, form: SubscriptionForm) -> Sequence[Command]:
        given = form.given() if form.changed_data else {}
        method = "PUT" if given else "GET"
        return [api.call(method, EACH, given or None, report_id=report_id)]

    return _page(f"Edit the {str(subscription).lower()}", "The report was changed", calls).answer(
        request, principal, form, lambda: _saved(form)
    )


@form_page
def delete(request: HttpRequest, principal: Principal, report_id: int) -> HttpResponse:
    principal.require("see_analytics")
    subscription = find(principal, report_id)
    home = reverse("console:reports")
    asked = Confirm(
        title=f"End the {str(subscription).lower()}?",
        section="reports",
        back=home,
        then=home,
        said="The report will not come any more",
        calls=lambda api: [api.call("DELETE", EACH, report_id=report_id)],
        note=f"{subscription.user.username} gets it no more. What was sent stays in the delivery log.",
        verb="End it",
    )
    return asked.answer(request, principal, lambda: end(subscription))


@action
def send(request: HttpRequest, principal: Principal, report_id: int) -> HttpResponse:
    """The report about the last whole period, once, now."""
    principal.require("see_analytics")
    order_again(find(principal, report_id), runtime.clock().now_s())
    scheduler.wake()
    messages.success(request, "The report is on its way")
    return redirect("console:report-log")


def seen(principal: Principal) -> QuerySet[Subscription]:
    """One's own; for those who manage users everybody's."""
    found = Subscription.objects.filter(user__provider=principal.provider)
    return found if principal.may("manage_users") else found.filter(user=principal.user)


def find(principal: Principal, report_id: int) -> Subscription:
    return get_object_or_404(
        seen(principal).select_related("user__provider", "product"), pk=report_id
    )


def _page(title: str, said: str, calls: Any, save: str = "Save") -> FormPage:
    home = reverse("console:reports")
    return FormPage(title=title, section="reports", back=home, calls=calls, save=save, said=said)


def _saved(form: SubscriptionForm) -> str:
    form.save()
    return reverse("console:reports")
