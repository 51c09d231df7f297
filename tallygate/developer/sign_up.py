"""Signing up, as the provider allows it: not at all, with approval, or at once."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tallygate.catalog import audit
from tallygate.catalog.models import Account, Developer, Provider
from tallygate.catalog.sign_in import TooManyAttempts, count_attempt
from tallygate.catalog.signup import sign_up
from tallygate.console.changes import attempt_as
from tallygate.console.forms import Form
from tallygate.developer import passwords, sessions
from tallygate.developer.entrance import too_many
from tallygate.developer.pages import address, public
from tallygate.web import runtime
from tallygate.web.asker import client_address

PER_ADDRESS = 20
"""So many forms may be sent from one address within 15 minutes: each tells whether a name is taken."""


class SignUpForm(Form):
    org_name = forms.CharField(
        label="Organisation",
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    username = forms.CharField(
        label="User name",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def __init__(self, request: HttpRequest, strong: bool) -> None:
        self.base_fields = self.base_fields | {"password": passwords.field(strong)}
        super().__init__(request)


@public
def sign_up_page(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The form; 302 into the portal, or 202 with a page that says that the provider must approve.

    404 where the provider lets nobody sign up; 422 with what is wrong; 429 when tried too often.
    """
    if not provider.settings.signups_enabled:
        raise Http404
    if sessions.who(request, provider) is not None:
        return redirect(address(provider, "home"))
    try:
        if request.method == "POST":
            kind = f"sign-up with {provider.pk}"
            count_attempt(kind, client_address(request), PER_ADDRESS, clock=runtime.clock())
    except TooManyAttempts as error:
        return too_many(request, provider, error)
    form = SignUpForm(request, provider.settings.strong_passwords_enabled)
    made = _made(provider, form) if form.is_bound and form.is_valid() else None
    if made is None:
        shown = {"provider": provider, "form": form}
        status = 422 if form.is_bound else 200
        return render(request, "developer/sign_up.html", shown, status=status)
    if made.account.state != Account.State.APPROVED:
        shown = {"provider": provider, "account": made.account}
        return render(request, "developer/waiting.html", shown, status=202)
    sessions.enter(request, made)
    return redirect(address(provider, "home"))


def _made(provider: Provider, form: SignUpForm) -> Developer | None:
    """The first developer of a new account, who is let in with it; None where a rule is broken, and the form says which."""
    given = form.cleaned_data
    account = {"org_name": given["org_name"]}
    admin = {"username": given["username"], "email": given["email"]}
    draft = Developer(account=Account(provider=provider, **account), **admin)
    made: list[Account] = []

    def make() -> None:
        strong = provider.settings.strong_passwords_enabled
        passwords.set_password(draft, given["password"], strong)
        made.append(
            sign_up(
                provider,
                account,
                {**admin, "state": Developer.State.ACTIVE},
                password=given["password"],
            )
        )

    attempt_as(audit.Actor(provider, None, "developer portal", draft), make, form.refuse)
    return made[0].developers.get() if made and not form.errors else None
