"""The account's applications: their list, each of them, and what its developers do with it."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from tallygate.catalog import self_service
from tallygate.catalog.developer_access import Consumer, offered_plans
from tallygate.catalog.errors import Forbidden
from tallygate.catalog.models import Application, ApplicationPlan
from tallygate.catalog.self_service import Allowed
from tallygate.catalog.words import BLANK, INVALID
from tallygate.console.forms import Form, RecordForm
from tallygate.console.listing import Column, Filter, Listing
from tallygate.developer.form_page import Confirm, FormPage
from tallygate.developer.handles import namer
from tallygate.developer.pages import address, find_application, form_page, page, show
from tallygate.developer.seen import Seen

_COLUMNS = (
    Column("Application", "name", "/name"),
    Column("Product", "product", "/product__name", wide=True),
    Column("Plan", "plan", "/plan__name"),
    Column("State", "state", "state"),
)
_STATES = Filter("state", "State", Application.State.choices, lambda state: Q(state=state))
_plan_name = namer("plan")


class _PlanChoice(Form):
    """A form with a plan among those that its choices name."""

    plan = forms.ChoiceField()

    def __init__(self, request: HttpRequest, plans: list[ApplicationPlan]) -> None:
        self._plans = {_plan_name(plan.pk): plan for plan in plans}
        super().__init__(request)

    def clean_plan(self) -> ApplicationPlan:
        """Raises ValidationError for what is none of them, whether it exists or not."""
        found = self._plans.get(self.cleaned_data["plan"])
        if found is None:
            raise ValidationError(INVALID)
        return found


class NewApplicationForm(_PlanChoice):
    plan = forms.ChoiceField(label="Product and plan")
    name = forms.CharField(max_length=255)
    description = forms.CharField(
        required=False, widget=forms.Textarea, help_text="What it is for."
    )

    field_order = ("plan", "name", "description")

    def __init__(self, request: HttpRequest, plans: list[ApplicationPlan]) -> None:
        super().__init__(request, plans)
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, plan in self._plans.items():
            label = f"{plan.name}, with approval" if plan.approval_required else plan.name
            groups.setdefault(plan.product.name, []).append((name, label))
        self.fields["plan"].choices = list(groups.items())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        plan = cleaned.get("plan")
        if plan and plan.product.intentions_required and not cleaned.get("description"):
            self.add_error("description", BLANK)
        return cleaned


class ChangePlanForm(_PlanChoice):
    def __init__(self, request: HttpRequest, plans: list[ApplicationPlan]) -> None:
        super().__init__(request, plans)
        self.fields["plan"].choices = [(name, plan.name) for name, plan in self._plans.items()]


class EditForm(RecordForm):
    class Meta:
        model = Application
        fields = ("name", "description", "redirect_url")
        labels = {"redirect_url": "Redirect URL"}
        help_texts = {"redirect_url": "To which an OAuth sign-in may return."}

    def __init__(self, request: HttpRequest, application: Application) -> None:
        super().__init__(request, application)
        if not application.product.is_oauth:
            del self.fields["redirect_url"]


@page
def listing(request: HttpRequest, consumer: Consumer) -> HttpResponse:
    """The applications of the account, and no others."""
    context = {
        "title": "Applications",
        "listing": Listing(
            request.GET, consumer.applications(), _COLUMNS, noun="application",
            search=("name", "description"), filters=[_STATES],
        ),
        "may_create": any(_offers(consumer)),
    }  # fmt: skip
    return show(request, consumer, "developer/applications.html", "applications", context)


@page
def application_page(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    """What it is and how it calls; what of its limits is used, the page fetches by itself."""
    application = find_application(consumer, application_id)
    allowed = Allowed(application)
    context = {
        "title": application.name,
        "application": application,
        "allowed": allowed,
        "may_change_plan": allowed.plans().exists(),
        "keys": application.keys.order_by("pk"),
        "filters": application.referrer_filters.order_by("pk"),
        "seen": Seen(application),
        "support": application.product.support_email or consumer.provider.support_email,
    }
    return show(request, consumer, "developer/application.html", "applications", context)


@form_page
def create(request: HttpRequest, consumer: Consumer) -> HttpResponse:
    """Under one of the plans that the provider offers."""
    plans = list(_offers(consumer))
    if not plans:
        raise Forbidden
    form = NewApplicationForm(request, plans)

    def save() -> str:
        made = Application.objects.create(account=consumer.account, **form.cleaned_data)
        return address(consumer.provider, "application", made.pk)

    asked = FormPage(
        "Create an application",
        "applications",
        address(consumer.provider, "applications"),
        save="Create",
        said="The application was created",
    )
    return asked.answer(request, consumer, form, save)


@form_page
def edit(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    application = find_application(consumer, application_id)
    if not Allowed(application).edit:
        raise Forbidden
    form = EditForm(request, application)
    here = page_of(application)

    def save() -> str:
        form.save()
        return here

    asked = FormPage(
        f"Edit {application.name}", "applications", here, said="The application was changed"
    )
    return asked.answer(request, consumer, form, save)


@form_page
def change_plan(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    application = find_application(consumer, application_id)
    plans = list(Allowed(application).plans())
    if not plans:
        raise Forbidden
    form = ChangePlanForm(request, plans)
    here = page_of(application)

    def save() -> str:
        self_service.change_plan(application, form.cleaned_data["plan"])
        return here

    asked = FormPage(
        "Change the plan", "applications", here, save="Change", said="The plan was changed"
    )
    return asked.answer(request, consumer, form, save)


@form_page
def delete(request: HttpRequest, consumer: Consumer, application_id: int) -> HttpResponse:
    application = find_application(consumer, application_id)
    if not Allowed(application).delete:
        raise Forbidden
    asked = Confirm(
        f"Delete {application.name}?",
        "applications",
        page_of(application),
        address(consumer.provider, "applications"),
        "The application was deleted",
        note="Its calls are refused from now on. This cannot be taken back.",
    )
    return asked.answer(request, consumer, lambda: self_service.delete(application))


def page_of(application: Application) -> str:
    return address(application.account.provider, "application", application.pk)


def _offers(consumer: Consumer) -> Iterator[ApplicationPlan]:
    """All plans under which the account may create an application, by product."""
    for product in consumer.products():
        yield from offered_plans(product).select_related("product")
