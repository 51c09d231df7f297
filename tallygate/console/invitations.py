"""Links with which somebody sets the password of a user: a new one, or one who has forgotten theirs."""

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tallygate.catalog import audit
from tallygate.catalog.models import User
from tallygate.console.forms import Form

DAYS = settings.PASSWORD_RESET_TIMEOUT // 86_400


class PasswordForm(Form):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Twelve characters at least, and none that everybody uses.",
    )

    def __init__(self, request: HttpRequest, user: User) -> None:
        super().__init__(request)
        self._user = user

    def clean_password(self) -> str:
        """Raises ValidationError when it is no good one for this user."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self._user)
        return password


def path_of(user: User) -> str:
    """Where the user sets their password; until they have, or a few days are over."""
    token = default_token_generator.make_token(user)
    return reverse("console:welcome", args=[user.pk, token])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, user_id: int, token: str) -> HttpResponse:
    """The form; 302 into the portal when the password is set; 404 where the link is none, or none any more."""
    user = _invited(user_id, token)
    if user is None:
        return render(request, "console/welcome_over.html", status=404)
    form = PasswordForm(request, user)
    if form.is_bound and form.is_valid():
        _set_password(user, form.cleaned_data["password"])
        login(request, user)
        return redirect("console:home")
    shown = {"form": form, "invited": user}
    return render(request, "console/welcome.html", shown, status=422 if form.is_bound else 200)


def _invited(user_id: int, token: str) -> User | None:
    user = User.objects.select_related("provider").filter(pk=user_id).first()
    if user is None or user.state == User.State.SUSPENDED:
        return None
    return user if default_token_generator.check_token(user, token) else None


def _set_password(user: User, password: str) -> None:
    """And lets in who was waiting for it."""
    with audit.by(audit.Actor(user.provider, user, "portal")):
        user.set_password(password)
        user.state = User.State.ACTIVE
        user.save()
