"""The account and its people: who they are, whom they let in, their own passwords."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tallygate.catalog import audit
from tallygate.catalog.developer_access import Consumer
from tallygate.catalog.errors import Forbidden
from tallygate.catalog.models import Account, Developer
from tallygate.catalog.sign_in import TooManyAttempts, WrongCredentials, sign_in_developer
from tallygate.console.changes import attempt_as
from tallygate.console.forms import Form, RecordForm
from tallygate.developer import passwords, sessions
from tallygate.developer.form_page import Confirm, FormPage
from tallygate.developer.pages import (
    action,
    actor,
    address,
    find,
    find_provider,
    form_page,
    page,
    show,
)
from tallygate.web import runtime
from tallygate.web.asker import client_address


class AccountForm(RecordForm):
    class Meta:
        model = Account
        fields = ("org_name",)
        labels = {"org_name": "Organisation"}


class PersonForm(RecordForm):
    class Meta:
        model = Developer
        fields = ("username", "email", "first_name", "last_name")
        labels = {"username": "User name", "email": "E-mail address"}


class OwnPasswordForm(Form):
    current = forms.CharField(
        label="Present password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, strong: bool) -> None:
        self.base_fields = self.base_fields | {"password": passwords.field(strong, "New password")}
        super().__init__(request)


class WelcomeForm(Form):
    def __init__(self, request: HttpRequest, strong: bool) -> None:
        self.base_fields = {"password": passwords.field(strong)}
        super().__init__(request)


@page
def account(request: HttpRequest, consumer: Consumer) -> HttpResponse:
    return show(request, consumer, "developer/account.html", "account", {"title": "Account"})


@form_page
def edit_account(request: HttpRequest, consumer: Consumer) -> HttpResponse:
    _require(consumer.edits_account)
    here = address(consumer.provider, "account")
    form = AccountForm(request, consumer.account)

    def save() -> str:
        form.save()
        return here

    asked = FormPage("Edit the account", "account", here, said="The account was changed")
    return asked.answer(request, consumer, form, save)


@form_page
def own_password(request: HttpRequest, consumer: Consumer) -> HttpResponse:
    """A new one for whoever knows the present one; other sessions of theirs end."""
    here = address(consumer.provider, "account")
    strong = consumer.settings.strong_passwords_enabled
    form = OwnPasswordForm(request, strong)

    def save() -> str:
        _check_present(request, consumer, form.cleaned_data["current"])
        passwords.set_password(consumer.developer, form.cleaned_data["password"], strong)
        consumer.developer.save()
        sessions.enter(request, consumer.developer)
        return here

    asked = FormPage("Change your password", "account", here, said="Your password was changed")
    return asked.answer(request, consumer, form, save)


def _check_present(request: HttpRequest, consumer: Consumer, password: str) -> None:
    """As a sign-in, so that it cannot be tried more often."""
    try:
        sign_in_developer(
            consumer.provider,
            consumer.developer.username,
            password,
            client_address(request),
            clock=runtime.clock(),
        )
    except WrongCredentials:
        raise ValidationError({"current": "is another one"}) from None
    except TooManyAttempts as error:
        raise ValidationError(str(error)) from None


@page
def listing(request: HttpRequest, consumer: Consumer) -> HttpResponse:
    context = {"title": "People", "people": consumer.people()}
    return show(request, consumer, "developer/people.html", "people", context)


@page
def person_page(request: HttpRequest, consumer: Consumer, person_id: int) -> HttpResponse:
    """Somebody else of the account, for those who look after it."""
    person = _somebody_else(consumer, person_id)
    context = {"title": person.username, "person": person}
    return show(request, consumer, "developer/person.html", "people", context)


@form_page
def invite(request: HttpRequest, consumer: Consumer) -> HttpResponse:
    """Somebody new, who sets their password by a link that is shown then."""
    _require(consumer.edits_account)
    person = Developer(account=consumer.account, provider=consumer.provider)
    form = PersonForm(request, person)

    def save() -> str:
        return address(consumer.provider, "person-link", form.save().pk)

    asked = FormPage(
        "Invite somebody",
        "people",
        address(consumer.provider, "people"),
        save="Invite",
        said="They were added",
    )
    return asked.answer(request, consumer, form, save)


@page
def link(request: HttpRequest, consumer: Consumer, person_id: int) -> HttpResponse:
    """The address at which somebody sets their password: new here, or having forgotten theirs."""
    _require(consumer.edits_account)
    person = find(consumer.people(), person_id)
    if person.state == Developer.State.SUSPENDED:
        raise Forbidden
    path = welcome_path(person)
    context = {
        "title": f"Let {person.username} in",
        "person": person,
        "link": request.build_absolute_uri(path),
        "days": passwords.LINK_DAYS,
    }
    return show(request, consumer, "developer/person_link.html", "people", context)


def welcome_path(person: Developer) -> str:
    """Where they set their password, until they have or a few days are over."""
    token = passwords.LINKS.make_token(person)
    return address(person.provider, "welcome", person.pk, token)


@action
def set_role(request: HttpRequest, consumer: Consumer, person_id: int, role: str) -> HttpResponse:
    """Another role for somebody else; one's own stays, so that an account always has an admin."""
    person = _somebody_else(consumer, person_id)
    person.role = role
    refused: list[ValidationError] = []
    if attempt_as(actor(consumer), person.save, refused.append):
        messages.success(request, f"{person.username} is {person.get_role_display().lower()} now")
    return redirect(address(consumer.provider, "person", person.pk))


@form_page
def remove(request: HttpRequest, consumer: Consumer, person_id: int) -> HttpResponse:
    person = _somebody_else(consumer, person_id)
    asked = Confirm(
        f"Remove {person.username}?",
        "people",
        address(consumer.provider, "person", person.pk),
        address(consumer.provider, "people"),
        f"{person.username} was removed",
        note="They are signed out at once. Applications belong to the account, and stay.",
        verb="Remove",
    )
    return asked.answer(request, consumer, person.delete)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, provider_id: int, person_id: int, token: str) -> HttpResponse:
    """The form; 302 into the portal when the password is set; 404 where the link is none, or none any more."""
    provider = find_provider(provider_id)
    person = (
        Developer.objects.select_related("account", "provider")
        .filter(provider=provider, pk=person_id)
        .first()
    )
    if person is None or not passwords.LINKS.check_token(person, token):
        raise Http404
    strong = provider.settings.strong_passwords_enabled
    form = WelcomeForm(request, strong)

    def save() -> None:
        passwords.set_password(person, form.cleaned_data["password"], strong)
        if person.state == Developer.State.PENDING:
            person.state = Developer.State.ACTIVE
        person.save()

    if form.is_bound and form.is_valid():
        by = audit.Actor(provider, None, "developer portal", person)
        if attempt_as(by, save, form.refuse) and not form.errors:
            sessions.enter(request, person)
            return redirect(address(provider, "home"))
    shown = {"provider": provider, "person": person, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "developer/welcome.html", shown, status=status)


def _somebody_else(consumer: Consumer, person_id: int) -> Developer:
    """One of the account's people, but for oneself: so an account always keeps an admin.

    Raises:
        Forbidden: They may not look after people, or it is themselves.
        Http404: The account has nobody like that.
    """
    _require(consumer.edits_account)
    person: Developer = find(consumer.people(), person_id)
    _require(person.pk != consumer.developer.pk)
    return person


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden
