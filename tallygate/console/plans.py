"""Application plans of a product: their list, and each of them but for its terms."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tallygate.catalog import dependents, plan_changes
from tallygate.catalog.access import Principal
from tallygate.catalog.models import ApplicationPlan, Product
from tallygate.console.changes import attempt, sentences
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, api_of, find_product, form_page, page, show

PATH = "services/{service_id}/application_plans"
EACH = f"{PATH}/{{plan_id}}"

_COLUMNS = (
    Column("Plan", "name", "/name"),
    Column("State", "state", "state"),
    Column("Applications", "applications", "uses", number=True),
    Column("Costs a month", "cost", "cost_per_month", number=True, wide=True),
    Column(""),
)
_STATES = Filter("state", "State", ApplicationPlan.State.choices, lambda state: Q(state=state))
_SAID = {
    "publish": "The plan is published",
    "hide": "The plan is hidden",
    "default": "New applications get this plan, unless another is named",
    "copy": "The plan was copied",
}


class PlanForm(RecordForm):
    SECTIONS = (
        Section(
            "",
            ("name", "system_name", "description", "approval_required", "buyers_see_analytics"),
        ),
        Section(
            "Costs", ("setup_fee", "cost_per_month", "trial_period_days", "cancellation_period")
        ),
    )
    AT_ONCE = (
        "name", "system_name", "setup_fee", "cost_per_month", "trial_period_days",
        "cancellation_period",
    )  # fmt: skip

    class Meta:
        model = ApplicationPlan
        fields = (
            "name", "system_name", "description", "approval_required", "buyers_see_analytics",
            "setup_fee", "cost_per_month", "trial_period_days", "cancellation_period",
        )  # fmt: skip
        labels = {
            "approval_required": "New applications wait until they are accepted",
            "buyers_see_analytics": "Developers see what their applications use",
            "cost_per_month": "Cost per month",
            "trial_period_days": "Trial period in days",
            "cancellation_period": "Cancellation period in days",
        }
        help_texts = {
            "system_name": "Its name for scripts. Made from the name if left blank; it cannot be changed later.",
        }


def find_plan(product: Product, plan_id: int) -> ApplicationPlan:
    """Raises Http404 when the product has none."""
    plan = product.application_plans.select_related("original").filter(pk=plan_id).first()
    if plan is None:
        raise Http404
    plan.product = product
    return plan


def page_of(plan: ApplicationPlan) -> str:
    return reverse("console:plan", args=[plan.product_id, plan.pk])


def ids_of(plan: ApplicationPlan) -> dict[str, int]:
    """The placeholders of its path in the API."""
    return {"service_id": plan.product_id, "plan_id": plan.pk}


@page
def listing(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """The plans that are not one application's own."""
    principal.require("see_products")
    product = find_product(principal, product_id)
    found = product.application_plans.filter(original=None).annotate(uses=Count("applications"))
    context = {
        "title": "Application plans",
        "product": product,
        "listing": Listing(
            request.GET, found, _COLUMNS, noun="plan", search=("name", "system_name"),
            filters=[_STATES],
        ),
        "calls": [api_of(request).call("GET", PATH, service_id=product_id)],
    }  # fmt: skip
    return show(request, principal, "console/plans.html", "plans", context)


@form_page
def create(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    form = PlanForm(request, ApplicationPlan(product=product))

    def calls(api: Api, form: PlanForm) -> Sequence[Command]:
        return [api.call("POST", PATH, form.given(), service_id=product_id)]

    asked = FormPage(
        title="Create an application plan",
        section="plans",
        back=reverse("console:plans", args=[product.pk]),
        calls=calls,
        save="Create",
        said="The plan was created; it is hidden until you publish it",
        context={"product": product},
    )
    return asked.answer(request, principal, form, lambda: page_of(form.save()))


@form_page
def edit(request: HttpRequest, principal: Principal, product_id: int, plan_id: int) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    plan = find_plan(product, plan_id)
    form = PlanForm(request, plan)
    asked = FormPage(
        title=f"Edit {plan.name}",
        section="plans",
        back=page_of(plan),
        calls=lambda api, form: [api.call("PUT", EACH, form.given(), **ids_of(plan))],
        said="The plan was changed",
        context={"product": product},
    )
    return asked.answer(request, principal, form, lambda: page_of(form.save()))


@form_page
def delete(
    request: HttpRequest, principal: Principal, product_id: int, plan_id: int
) -> HttpResponse:
    principal.require("edit_products")
    product = find_product(principal, product_id)
    plan = find_plan(product, plan_id)
    plans = reverse("console:plans", args=[product.pk])
    asked = Confirm(
        title=f"Delete the plan {plan.name}?",
        section="plans",
        back=page_of(plan),
        then=plans,
        said=f"The plan {plan.name} was deleted",
        calls=lambda api: [api.call("DELETE", EACH, **ids_of(plan))],
        dependents=dependents.of(plan),
        context={"product": product},
    )
    return asked.answer(request, principal, plan.delete)


@action
def event(
    request: HttpRequest, principal: Principal, product_id: int, plan_id: int, name: str
) -> HttpResponse:
    """What a button of the plan's page does: publish, hide, default, copy."""
    principal.require("edit_products")
    plan = find_plan(find_product(principal, product_id), plan_id)
    done: list[ApplicationPlan] = []

    def refuse(error: ValidationError) -> None:
        messages.error(request, " ".join(sentences(error)))

    if attempt(principal, lambda: done.append(_EVENTS[name](plan)), refuse):
        messages.success(request, _SAID[name])
    return redirect(page_of(done[0] if done else plan))


def _go(event: str) -> Callable[[ApplicationPlan], ApplicationPlan]:
    def go(plan: ApplicationPlan) -> ApplicationPlan:
        plan.go(event)
        return plan

    return go


def _make_default(plan: ApplicationPlan) -> ApplicationPlan:
    plan.make_default()
    return plan


_EVENTS: dict[str, Callable[[ApplicationPlan], ApplicationPlan]] = {
    "publish": _go("publish"),
    "hide": _go("hide"),
    "default": _make_default,
    "copy": plan_changes.copy_plan,
}
EVENTS = tuple(_EVENTS)
