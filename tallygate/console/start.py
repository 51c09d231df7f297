"""Getting started: the steps to a product's first counted call, each with its command."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.first_provider import make_application
from tallygate.catalog.models import Application, Product
from tallygate.console.changes import attempt, sentences
from tallygate.console.curl import Api
from tallygate.console.first_call import first_call
from tallygate.console.pages import action, api_of, find_product, page, sees_traffic, show
from tallygate.console.wording import instant
from tallygate.domain.calendar import find_zone
from tallygate.domain.errors import HistoryUnavailable
from tallygate.history import metric_series
from tallygate.web import runtime


@dataclass(frozen=True, slots=True)
class Step:
    """
    Attributes:
        command: What does it in a shell; '' = nothing does.
        note: What stands behind the command.
        url: The page that does it; `link` is what it is called.
        makes: Whether a button does it at once.
    """

    title: str
    text: str
    done: bool
    command: str = ""
    note: str = ""
    url: str = ""
    link: str = ""
    makes: bool = False


def first_page(principal: Principal, product: Product) -> str:
    """Where one who comes to a product should go: to its numbers once there are some."""
    begun = sees_traffic(principal) and has_begun(product)
    return reverse("console:product-overview" if begun else "console:start", args=[product.pk])


def has_begun(product: Product) -> bool:
    """Whether there are numbers of it to be shown, or a reason why they cannot be."""
    try:
        return last_call_s(product) is not None
    except HistoryUnavailable:
        return True  # the page of the numbers tells why there are none


def last_call_s(product: Product) -> int | None:
    """When anything of the product was last counted. Asks the history, which reads the ledger's log.

    Raises:
        HistoryUnavailable: It cannot answer now.
    """
    keys = product.all_metrics().order_by().values_list("pk", flat=True)
    series = [metric_series(str(key)) for key in keys]
    return runtime.history().last_hit_s(product.service_id, *series)


@page
def start(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """The steps. While the last is not done, the page asks for itself again every two seconds, and tells
    in `seen` what it shows: 204 when that is still so, so that nobody's selection is lost."""
    principal.require("see_products")
    product = find_product(principal, product_id)
    called_s, unavailable = None, ""
    if sees_traffic(principal):
        try:
            called_s = last_call_s(product)
        except HistoryUnavailable as error:
            unavailable = f"{str(error).capitalize()}. Calls go on being counted; nothing is lost."
    steps = _steps(api_of(request), principal, product, called_s is not None)
    shown = _digest(steps, unavailable)
    if request.GET.get("seen") == shown:
        return HttpResponse(status=204)
    context: dict[str, Any] = {
        "title": "Getting started",
        "product": product,
        "steps": steps,
        "shown": shown,
        "needs_token": not all(step.done for step in steps[:-1]),
        "called_at": _moment(principal, called_s),
        "live": sees_traffic(principal) and called_s is None,
        "unavailable": unavailable,
        "may_make": principal.may("edit_products") and principal.may("edit_accounts"),
    }
    return show(request, principal, "console/start.html", "start", context)


@action
def make(request: HttpRequest, principal: Principal, product_id: int) -> HttpResponse:
    """A live application for the product, with whatever it needs."""
    principal.require("edit_products")
    principal.require("edit_accounts")
    product = find_product(principal, product_id)

    def refuse(error: ValidationError) -> None:
        messages.error(request, " ".join(sentences(error)))

    if attempt(principal, lambda: make_application(product), refuse):
        messages.success(request, "There is an application that may call")
    return redirect("console:start", product.pk)


def _steps(api: Api, principal: Principal, product: Product, called: bool) -> Sequence[Step]:
    application = product.applications.filter(state=Application.State.LIVE).order_by("pk").first()
    plan = product.application_plans.filter(original=None).order_by("pk").first()
    call = first_call(settings.TALLYGATE, product, "plans" in principal.sections)
    capitals = f"The words in capitals stand for {call.stands_for}." if call.stands_for else ""
    return [
        Step(
            "Have a plan",
            "Applications call under a plan; its limits can come later.",
            plan is not None or called,
            api.call(
                "POST", "services/{service_id}/application_plans", {"name": "Basic"},
                service_id=product.pk,
            ).text,
            url=reverse("console:plans", args=[product.pk]),
            link="Application plans",
        ),
        Step(
            "Have an application",
            "An application is who calls: it carries the credentials.",
            application is not None or called,
            _application_command(api, product, plan.pk if plan else None),
            "" if plan else "PLAN_ID stands for the id of the plan from the step before.",
            makes=True,
        ),
        Step(
            "Make the first call",
            "The call is authorized and counted, as a gateway would have it done.",
            called,
            call.command,
            capitals,
        ),
    ]  # fmt: skip


def _digest(steps: Sequence[Step], unavailable: str) -> str:
    """Differs when something else is to be shown."""
    return hashlib.sha256(repr((steps, unavailable)).encode()).hexdigest()[:16]


def _application_command(api: Api, product: Product, plan_id: int | None) -> str:
    """For the provider's first account, or with a new one."""
    account = product.provider.accounts.filter(state="approved").order_by("pk").first()
    plan = plan_id or "PLAN_ID"
    if account is not None:
        given = {"plan_id": plan, "name": "First application"}
        return api.call("POST", "accounts/{account_id}/applications", given, account_id=account.pk).text  # fmt: skip
    given = {"org_name": "First developer", "username": "developer", "application_plan_id": plan}
    return api.call("POST", "signup", given).text


def _moment(principal: Principal, instant_s: int | None) -> str:
    if instant_s is None:
        return ""
    return instant(find_zone(principal.provider.time_zone).at(instant_s))
