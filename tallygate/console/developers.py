"""The people of a developer account."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Account, Developer
from tallygate.console.accounts import events_of, find_account
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.events import happen
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, api_of, form_page, page, show

PATH = "accounts/{account_id}/users"
EACH = f"{PATH}/{{developer_id}}"

EVENTS = {
    "activate": ("Activate", "The user may sign in to the Developer Portal"),
    "suspend": ("Suspend", "The user may not sign in to the Developer Portal"),
    "unsuspend": ("Let in again", "The user may sign in again"),
}
ROLES = {
    Developer.Role.ADMIN.value: "The user is an admin of the account",
    Developer.Role.MEMBER.value: "The user is a member of the account",
}
"""Role -> what is said when somebody got it."""

_COLUMNS = (
    Column("User", "name", "/username"),
    Column("E-mail address", "email", "/email", wide=True),
    Column("Role", "role", "role"),
    Column("State", "state", "state"),
    Column(""),
)
_STATES = Filter("state", "State", Developer.State.choices, lambda state: Q(state=state))
_ROLES = Filter("role", "Role", Developer.Role.choices, lambda role: Q(role=role))


def _password(blank: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=f"Six characters at least. Left blank, {blank}.",
    )


class DeveloperForm(RecordForm):
    AT_ONCE = ("username", "email", "password")

    password = _password("it stays as it is")

    class Meta:
        model = Developer
        fields = ("username", "email", "first_name", "last_name")
        labels = {"username": "User name", "email": "E-mail address"}

    def complete(self) -> None:
        if not self.cleaned_data.get("password"):
            return
        try:
            self.instance.set_password(self.cleaned_data["password"])
        except ValidationError as error:
            self.refuse(error)

    def given(self) -> dict[str, object]:
        """As the API calls it; the password stays here."""
        given = super().given()
        if given.get("password"):
            given["password"] = "PASSWORD"  # noqa: S105
        return given


class NewDeveloperForm(DeveloperForm):
    password = _password("there is none yet")


@page
def listing(request: HttpRequest, principal: Principal, account_id: int) -> HttpResponse:
    principal.require("see_accounts")
    account = find_account(principal, account_id)
    context = {
        "title": "Users",
        "account": account,
        "listing": Listing(
            request.GET, account.developers.all(), _COLUMNS, noun="user",
            search=("username", "email", "first_name", "last_name"), filters=[_STATES, _ROLES],
        ),
        "calls": [api_of(request).call("GET", PATH, account_id=account_id)],
    }  # fmt: skip
    return show(request, principal, "console/developers.html", "developers", context)


@form_page
def create(request: HttpRequest, principal: Principal, account_id: int) -> HttpResponse:
    principal.require("edit_accounts")
    account = find_account(principal, account_id)
    form = NewDeveloperForm(request, Developer(account=account, provider=principal.provider))

    def calls(api: Api, form: DeveloperForm) -> Sequence[Command]:
        return [api.call("POST", PATH, form.given(), account_id=account_id)]

    asked = FormPage(
        title="Create a user",
        section="developers",
        back=_list_of(account),
        calls=calls,
        save="Create",
        said="The user was created, and waits until you activate them",
        context={"account": account},
    )
    return asked.answer(request, principal, form, lambda: _saved(form))


@form_page
def edit(
    request: HttpRequest, principal: Principal, account_id: int, developer_id: int
) -> HttpResponse:
    """With buttons for what changes by itself: state and role."""
    principal.require("edit_accounts")
    account = find_account(principal, account_id)
    developer = _find(account, developer_id)
    form = DeveloperForm(request, developer)
    ids = {"account_id": account_id, "developer_id": developer_id}
    asked = FormPage(
        title=f"Edit {developer.username}",
        section="developers",
        back=_list_of(account),
        calls=lambda api, form: [api.call("PUT", EACH, form.given(), **ids)],
        said="The user was changed",
        template="console/developer.html",
        context={
            "account": account,
            "developer": developer,
            "events": events_of(developer, EVENTS),
            "other_role": next(role for role in ROLES if role != developer.role),
        },
    )
    return asked.answer(request, principal, form, lambda: _saved(form))


@form_page
def delete(
    request: HttpRequest, principal: Principal, account_id: int, developer_id: int
) -> HttpResponse:
    principal.require("edit_accounts")
    account = find_account(principal, account_id)
    developer = _find(account, developer_id)
    ids = {"account_id": account_id, "developer_id": developer_id}
    asked = Confirm(
        title=f"Delete the user {developer.username}?",
        section="developers",
        back=_list_of(account),
        then=_list_of(account),
        said=f"The user {developer.username} was deleted",
        calls=lambda api: [api.call("DELETE", EACH, **ids)],
        note="Nothing depends on them: applications belong to the account.",
        context={"account": account},
    )
    return asked.answer(request, principal, developer.delete)


@action
def event(
    request: HttpRequest, principal: Principal, account_id: int, developer_id: int, name: str
) -> HttpResponse:
    """What a button of the user's page does: an event, or another role."""
    principal.require("edit_accounts")
    developer = _find(find_account(principal, account_id), developer_id)
    said = ROLES[name] if name in ROLES else EVENTS[name][1]

    def do() -> None:
        if name in EVENTS:
            developer.go(name)
        else:
            developer.role = name
            developer.save()

    return happen(request, principal, do, said, _page_of(developer))


def _find(account: Account, developer_id: int) -> Developer:
    return get_object_or_404(account.developers, pk=developer_id)


def _saved(form: DeveloperForm) -> str:
    return _page_of(form.save())


def _list_of(account: Account) -> str:
    return reverse("console:developers", args=[account.pk])


def _page_of(developer: Developer) -> str:
    return reverse("console:developer", args=[developer.account_id, developer.pk])
