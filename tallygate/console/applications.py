"""Applications of all accounts: their list, and how one is made."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.models import Application
from tallygate.console.curl import Api, Command
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.lookups import Lookup, number_in, text_of
from tallygate.console.pages import api_of, form_page, page, show

PATH = "accounts/{account_id}/applications"
OFFERED = 200
"""Among how many products one may choose."""

_COLUMNS = (
    Column("Application", "name", "/name"),
    Column("Account", "account", "/account__org_name"),
    Column("Product", "product", "/product__name", wide=True),
    Column("Plan", "plan", "/plan__name", wide=True),
    Column("State", "state", "state"),
    Column("Created", "since", "pk", wide=True),
)
_STATES = Filter("state", "State", Application.State.choices, lambda state: Q(state=state))


class ApplicationForm(RecordForm):
    SECTIONS = (
        Section("", ("account", "plan", "name", "description")),
        Section(
            "Credentials",
            ("user_key", "application_id"),
            "What the product's applications authenticate with. What is left blank is made.",
        ),
    )
    AT_ONCE = ("name", "user_key", "application_id")
    NEEDED = ("account", "plan")

    account = Lookup("account", required=False, help_text="Type a part of its name.")
    plan = Lookup(
        "plan", required=False, help_text="Type a part of the product's or the plan's name."
    )

    class Meta:
        model = Application
        fields = ("name", "description", "user_key", "application_id")
        labels = {"user_key": "User key", "application_id": "Application id"}

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        super().__init__(request, Application(), initial=_chosen(principal, request))
        for name in ("account", "plan"):
            self.fields[name].among(principal)
        for name in ("user_key", "application_id"):
            self.fields[name].optional = True

    def complete(self) -> None:
        for name in ("account", "plan"):
            if self.cleaned_data.get(name) is not None:
                setattr(self.instance, name, self.cleaned_data[name])

    def given(self) -> dict[str, Any]:
        """As the API calls it; the account is in the path."""
        given = super().given()
        given.pop("account", None)
        plan = number_in(given.pop("plan", ""))
        return {"plan_id": plan or "PLAN_ID"} | given

    @property
    def account_id(self) -> object:
        """Of the account that is chosen, or a word in its place."""
        return number_in(self["account"].value() or "") or "ACCOUNT_ID"


def _chosen(principal: Principal, request: HttpRequest) -> dict[str, str]:
    """What the address names already: `account`, and the default plan of a `product`."""
    found: dict[str, str] = {}
    account_id = number_of(request.GET.get("account", ""))
    account = principal.accounts().filter(pk=account_id).first() if account_id else None
    if account is not None:
        found["account"] = text_of(account)
    product_id = number_of(request.GET.get("product", ""))
    product = principal.products().filter(pk=product_id).first() if product_id else None
    if product is not None and product.default_application_plan is not None:
        found["plan"] = text_of(product.default_application_plan)
    return found


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Applications of the products that one may see, the newest first."""
    principal.require("see_accounts")
    found = principal.applications().select_related("account", "product", "plan")
    context = {
        "title": "Applications",
        "listing": Listing(
            request.GET, found, _COLUMNS, noun="application", order="-since",
            search=("name", "account__org_name", "application_id", _by_credential),
            filters=_filters(principal, request),
        ),
        "calls": [api_of(request).call("GET", "applications", _asked(request))],
    }  # fmt: skip
    return show(request, principal, "console/applications.html", "applications", context)


def _by_credential(text: str) -> Q:
    return Q(user_key=text)


def _filters(principal: Principal, request: HttpRequest) -> Iterator[Filter]:
    """State and product; plan where the product is known, account where one comes from there."""
    yield _STATES
    asked = request.GET
    products = principal.products().order_by("name", "pk")
    chosen = products.filter(pk=number_of(asked.get("product", ""))).first()
    offered = {str(each.pk): each.name for each in products[:OFFERED]}
    if chosen is not None:
        offered[str(chosen.pk)] = chosen.name
    yield Filter("product", "Product", tuple(offered.items()), lambda key: Q(product=key))
    if chosen is not None:
        plans = chosen.application_plans.order_by("name", "pk")
        choices = tuple((str(plan.pk), plan.name) for plan in plans[:OFFERED])
        yield Filter("plan", "Plan", choices, lambda key: Q(plan=key))
    account = principal.accounts().filter(pk=number_of(asked.get("account", ""))).first()
    if account is not None:
        yield Filter(
            "account", "Account", ((str(account.pk), account.org_name),), lambda key: Q(account=key)
        )


def _asked(request: HttpRequest) -> dict[str, str]:
    """The same question in the words of the API."""
    names = {
        "product": "service_id",
        "plan": "plan_id",
        "account": "account",
        "state": "state",
        "q": "name",
    }
    return {named: request.GET[name] for name, named in names.items() if request.GET.get(name)}


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    principal.require("edit_accounts")
    form = ApplicationForm(request, principal)

    def calls(api: Api, form: ApplicationForm) -> Sequence[Command]:
        return [api.call("POST", PATH, form.given(), account_id=form.account_id)]

    asked = FormPage(
        title="Create an application",
        section="applications",
        back=reverse("console:applications"),
        calls=calls,
        save="Create",
        said="The application was created",
    )
    return asked.answer(request, principal, form, lambda: _page_of(form.save()))


def _page_of(application: Application) -> str:
    return reverse("console:application", args=[application.pk])
