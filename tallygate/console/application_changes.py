"""What one does with an application: edit it, put it under another plan, stop it, delete it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog import credentials, plan_changes
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Application, ApplicationPlan, Product
from tallygate.console.application_page import EACH, EVENTS, find_application, ids_of
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.events import happen
from tallygate.console.form_page import FormPage
from tallygate.console.forms import Form, RecordForm
from tallygate.console.pages import action, form_page

PLAN_EVENTS = {
    "customize": (
        plan_changes.customize_plan,
        "The application has a plan of its own, with the same terms",
    ),
    "decustomize": (
        plan_changes.decustomize_plan,
        "The application is back under its former plan",
    ),
}


class ApplicationEditForm(RecordForm):
    AT_ONCE = ("name", "user_key", "redirect_url")

    class Meta:
        model = Application
        fields = ("name", "description", "user_key", "redirect_url")
        labels = {"user_key": "User key", "redirect_url": "Redirect URL"}
        help_texts = {
            "user_key": "Calls with another one are refused from now on.",
            "redirect_url": "To which an OAuth sign-in may return.",
        }

    def __init__(self, request: HttpRequest, application: Application) -> None:
        super().__init__(request, application)
        if application.product.backend_version != Product.BackendVersion.USER_KEY:
            del self.fields["user_key"]
        if not application.product.is_oauth:
            del self.fields["redirect_url"]


class PlanForm(Form):
    plan = forms.ModelChoiceField(ApplicationPlan.objects.none(), empty_label=None)

    def __init__(self, request: HttpRequest, application: Application) -> None:
        super().__init__(request, initial={"plan": application.plan_id})
        plans = application.product.application_plans
        which = Q(original=None) | Q(pk=application.plan_id)
        self.fields["plan"].queryset = plans.filter(which).order_by("name", "pk")


def page_of(application: Application) -> str:
    return reverse("console:application", args=[application.pk])


@form_page
def edit(request: HttpRequest, principal: Principal, application_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    form = ApplicationEditForm(request, application)

    def calls(api: Api, form: ApplicationEditForm) -> Sequence[Command]:
        return [api.call("PUT", EACH, form.given(), **ids_of(application))]

    asked = FormPage(
        title=f"Edit {application.name}",
        section="applications",
        back=page_of(application),
        calls=calls,
        said="The application was changed",
        context={"account": application.account},
    )
    return asked.answer(request, principal, form, lambda: page_of(form.save()))


@form_page
def change_plan(request: HttpRequest, principal: Principal, application_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    form = PlanForm(request, application)

    def calls(api: Api, form: PlanForm) -> Sequence[Command]:
        given: dict[str, Any] = {"plan_id": form["plan"].value()}
        return [api.call("PUT", f"{EACH}/change_plan", given, **ids_of(application))]

    def save() -> str:
        plan_changes.change_plan(application, form.cleaned_data["plan"])
        return page_of(application)

    asked = FormPage(
        title=f"Change the plan of {application.name}",
        section="applications",
        back=page_of(application),
        calls=calls,
        save="Change",
        said="The application is under its new plan, whose limits hold for its next call",
        context={"account": application.account},
    )
    return asked.answer(request, principal, form, save)


@form_page
def renew_user_key(request: HttpRequest, principal: Principal, application_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)

    def renew() -> None:
        application.user_key = credentials.user_key()
        application.save()

    def calls(api: Api) -> Sequence[Command]:
        return [api.call("PUT", EACH, {"user_key": "NEW_USER_KEY"}, **ids_of(application))]

    asked = Confirm(
        title=f"Make a new user key for {application.name}?",
        section="applications",
        back=page_of(application),
        then=page_of(application),
        said="There is a new user key",
        calls=calls,
        note="Its next call with the old key is refused. This cannot be taken back.",
        verb="Make a new key",
        context={"account": application.account},
    )
    return asked.answer(request, principal, renew)


@form_page
def delete(request: HttpRequest, principal: Principal, application_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    account = application.account
    asked = Confirm(
        title=f"Delete the application {application.name}?",
        section="applications",
        back=page_of(application),
        then=reverse("console:account", args=[account.pk]),
        said=f"The application {application.name} was deleted",
        calls=lambda api: [api.call("DELETE", EACH, **ids_of(application))],
        note="Its next call is refused. What it used stays in the history.",
        context={"account": account},
    )
    return asked.answer(request, principal, application.delete)


@action
def event(
    request: HttpRequest, principal: Principal, application_id: int, name: str
) -> HttpResponse:
    """What a button of the application's page does."""
    principal.require("edit_accounts")
    application = find_application(principal, application_id)
    back = page_of(application)
    if name in EVENTS:
        return happen(request, principal, lambda: application.go(name), EVENTS[name][1], back)
    do, said = PLAN_EVENTS[name]
    return happen(request, principal, lambda: do(application), said, back)
