"""Developer accounts: their list, one of them, and how they come and go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from tallygate.catalog import dependents
from tallygate.catalog.access import Principal
from tallygate.catalog.models import Account, AccountPlan, Application, Developer
from tallygate.catalog.passwords import check_length
from tallygate.catalog.signup import sign_up
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.events import happen
from tallygate.console.form_page import FormPage
from tallygate.console.forms import Form, RecordForm, Section
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.lookups import Lookup, number_in
from tallygate.console.pages import action, api_of, form_page, page, show

EACH = "accounts/{account_id}"

EVENTS = {
    "approve": ("Approve", "The account is approved"),
    "reject": ("Reject", "The account is rejected"),
    "suspend": ("Suspend", "The account is suspended; its applications may still call"),
    "resume": ("Resume", "The account is approved again"),
    "make_pending": ("Make pending", "The account waits for approval"),
}
"""Event -> what its button says, and what is said when it is done."""

_COLUMNS = (
    Column("Account", "name", "/org_name"),
    Column("First user", wide=True),
    Column("Plan", "plan", "/plan__name", wide=True),
    Column("Applications", number=True),
    Column("State", "state", "state"),
    Column("Signed up", "since", "pk", wide=True),
)
_STATES = Filter("state", "State", Account.State.choices, lambda state: Q(state=state))
_APPLICATIONS = (
    Column("Application", "name", "/name"),
    Column("Product", "product", "/product__name"),
    Column("Plan", "plan", "/plan__name", wide=True),
    Column("State", "state", "state"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An account with its first user and how many applications of it one may see."""

    account: Account
    developer: Developer | None
    applications: int


class SignUpForm(Form):
    SECTIONS = (
        Section("Account", ("org_name", "account_plan", "plan")),
        Section(
            "First user",
            ("username", "email", "first_name", "last_name", "password"),
            "Signs in to the Developer Portal, and looks after the account's applications.",
        ),
    )
    AT_ONCE = ("org_name", "username", "email", "password")
    NEEDED = ("account_plan",)

    org_name = forms.CharField(label="Organisation")
    account_plan = forms.ModelChoiceField(
        AccountPlan.objects.none(), required=False, empty_label=None
    )
    plan = Lookup(
        "plan",
        label="Application under the plan",
        required=False,
        help_text="Left blank, the default plan of the first product, if it has one.",
    )
    username = forms.CharField(label="User name")
    email = forms.CharField(label="E-mail address", required=False)
    first_name = forms.CharField(required=False)
    last_name = forms.CharField(required=False)
    password = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
        help_text="Six characters at least. Left blank, the user waits until somebody activates them.",
    )  # fmt: skip

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        default = principal.provider.account_plan_for_new()
        super().__init__(request, initial={"account_plan": default and default.pk})
        self._provider = principal.provider
        self.fields["account_plan"].queryset = principal.provider.account_plans.order_by("pk")
        self.fields["plan"].among(principal)

    def clean(self) -> None:
        """The rules of both records, so that all that is wrong is told at once."""
        values = self.cleaned_data
        account = Account(provider=self._provider, org_name=values.get("org_name", ""))
        names = ("username", "email", "first_name", "last_name")
        developer = Developer(
            provider=self._provider, **{name: values.get(name, "") for name in names}
        )
        for record, left in ((account, {"plan", "state"}), (developer, {"account"})):
            try:
                record.clean_fields(exclude={*left, *self.errors})
                record.validate_constraints(exclude=self.errors)
            except ValidationError as error:
                self.refuse(error)
        if values.get("password"):
            try:
                check_length(values["password"])
            except ValidationError as error:
                self.refuse(error)

    def given(self) -> dict[str, Any]:
        """As the API calls it; the password stays here."""
        given = super().given()
        given["account_plan_id"] = given.pop("account_plan", None)
        given["application_plan_id"] = number_in(given.pop("plan", ""))
        if "password" in given:
            given["password"] = "PASSWORD"  # noqa: S105
        return {name: value for name, value in given.items() if value is not None}

    def save(self) -> Account:
        values = self.cleaned_data
        names = ("username", "email", "first_name", "last_name")
        return sign_up(
            self._provider,
            {"org_name": values["org_name"]},
            {name: values[name] for name in names},
            password=values["password"],
            account_plan=values["account_plan"],
            application_plan=values["plan"],
        )


class AccountForm(RecordForm):
    AT_ONCE = ("org_name",)

    class Meta:
        model = Account
        fields = ("org_name", "plan", "monthly_billing_enabled", "monthly_charging_enabled")
        labels = {
            "org_name": "Organisation",
            "monthly_billing_enabled": "It gets bills",
            "monthly_charging_enabled": "Its bills are charged",
        }

    def __init__(self, request: HttpRequest, account: Account) -> None:
        super().__init__(request, account)
        self.fields["plan"].queryset = account.provider.account_plans.order_by("pk")
        self.fields["plan"].empty_label = None


def find_account(principal: Principal, account_id: int) -> Account:
    """Raises Http404 when the provider has none."""
    return get_object_or_404(principal.accounts().select_related("plan", "provider"), pk=account_id)


def page_of(account: Account) -> str:
    return reverse("console:account", args=[account.pk])


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The provider's accounts."""
    principal.require("see_accounts")
    shown = Listing(
        request.GET, principal.accounts().select_related("plan"), _COLUMNS, noun="account",
        search=("org_name", _by_user), filters=[_STATES],
    )  # fmt: skip
    shown.rows = _rows(principal, shown.records)
    context = {
        "title": "Accounts",
        "listing": shown,
        "calls": [api_of(request).call("GET", "accounts")],
    }
    return show(request, principal, "console/accounts.html", "accounts", context)


def _by_user(text: str) -> Q:
    found = Developer.objects.filter(Q(username__icontains=text) | Q(email__icontains=text))
    return Q(pk__in=found.values("account"))


def _rows(principal: Principal, accounts: Sequence[Account]) -> list[Row]:
    """Two statements, however many there are."""
    developers: dict[int, Developer] = {}
    for developer in Developer.objects.filter(account__in=accounts).order_by("pk"):
        developers.setdefault(developer.account_id, developer)
    found = principal.applications().order_by().filter(account__in=accounts)
    counts = dict(found.values("account").annotate(n=Count("pk")).values_list("account", "n"))
    return [
        Row(account, developers.get(account.pk), counts.get(account.pk, 0)) for account in accounts
    ]


@page
def overview(request: HttpRequest, principal: Principal, account_id: int) -> HttpResponse:
    """One account, and its applications of the products that one may see."""
    principal.require("see_accounts")
    account = find_account(principal, account_id)
    applications = principal.applications().filter(account=account)
    api = api_of(request)
    context = {
        "title": account.org_name,
        "account": account,
        "developers": account.developers.count(),
        "still_calls": account.state != Account.State.APPROVED
        and account.applications.filter(state=Application.State.LIVE).exists(),
        "events": events_of(account, EVENTS),
        "listing": Listing(
            request.GET, applications.select_related("product", "plan"), _APPLICATIONS,
            noun="application", search=("name", "product__name", "application_id"),
        ),
        "calls": [
            api.call("GET", EACH, account_id=account.pk),
            api.call("GET", f"{EACH}/applications", account_id=account.pk),
            *(
                api.call("PUT", f"{EACH}/{event}", account_id=account.pk)
                for event, _ in events_of(account, EVENTS)
            ),
        ],
    }  # fmt: skip
    return show(request, principal, "console/account.html", "account", context)


def events_of(record: Any, known: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """The events that lead on from where the record is, each with what its button says."""
    return [
        (event, label)
        for event, (label, _) in known.items()
        if record.state in record.TRANSITIONS[event].sources
        and record.state != record.TRANSITIONS[event].target
    ]


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    principal.require("edit_accounts")
    form = SignUpForm(request, principal)
    asked = FormPage(
        title="Sign an account up",
        section="accounts",
        back=reverse("console:accounts"),
        calls=lambda api, form: [api.call("POST", "signup", form.given())],
        save="Sign up",
        said="The account was signed up",
    )
    return asked.answer(request, principal, form, lambda: page_of(form.save()))


@form_page
def edit(request: HttpRequest, principal: Principal, account_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    account = find_account(principal, account_id)
    form = AccountForm(request, account)

    def calls(api: Api, form: AccountForm) -> Sequence[Command]:
        given = form.given()
        plan = given.pop("plan", None)
        changed = [api.call("PUT", EACH, given, account_id=account_id)] if given else []
        if plan is not None and "plan" in form.changed_data:
            given = {"plan_id": plan}
            changed.append(api.call("PUT", f"{EACH}/change_plan", given, account_id=account_id))
        return changed

    asked = FormPage(
        title=f"Edit {account.org_name}",
        section="account",
        back=page_of(account),
        calls=calls,
        said="The account was changed",
        context={"account": account},
    )
    return asked.answer(request, principal, form, lambda: page_of(form.save()))


@form_page
def delete(request: HttpRequest, principal: Principal, account_id: int) -> HttpResponse:
    principal.require("delete_accounts")
    account = find_account(principal, account_id)
    asked = Confirm(
        title=f"Delete the account {account.org_name}?",
        section="account",
        back=page_of(account),
        then=reverse("console:accounts"),
        said=f"The account {account.org_name} was deleted",
        calls=lambda api: [api.call("DELETE", EACH, account_id=account_id)],
        dependents=dependents.of(account),
        note="Its applications may not call any more. What they used stays in the history.",
        context={"account": account},
    )
    return asked.answer(request, principal, account.delete)


@action
def event(request: HttpRequest, principal: Principal, account_id: int, name: str) -> HttpResponse:
    """What a button of the account's page does."""
    principal.require("edit_accounts")
    account = find_account(principal, account_id)
    return happen(request, principal, lambda: account.go(name), EVENTS[name][1], page_of(account))
