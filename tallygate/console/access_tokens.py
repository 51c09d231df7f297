"""One's own access tokens."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from tallygate.catalog.access import Forbidden, Principal
from tallygate.catalog.models import AccessToken, User
from tallygate.catalog.sections import SCOPE_SECTION, SCOPES
from tallygate.console.confirm import Confirm
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm
from tallygate.console.listing import Column, Listing
from tallygate.console.pages import api_of, form_page, page, show
from tallygate.domain.calendar import find_zone, parse_instant
from tallygate.domain.errors import QuestionError
from tallygate.web import runtime

PATH = "personal/access_tokens"
SCOPE_NAMES = {
    "account_management": "Account Management API",
    "stats": "Analytics API",
    "finance": "Billing API",
    "policy_registry": "Policy Registry API",
    "cms": "Developer Portal API",
}
PERMISSIONS = {"ro": "Read only", "rw": "Read and write"}
PAST = "must be in the future"
NO_TIME = "is no date and time"

assert set(SCOPE_NAMES) == set(SCOPES)
assert set(PERMISSIONS) == set(AccessToken.Permission.values)

_COLUMNS = (
    Column("Token", "name", "/name"),
    Column("Scopes", wide=True),
    Column("Permission", "permission", "permission"),
    Column("Expires", "expires", "expires_at"),
    Column("Created", "since", "pk", wide=True),
    Column(""),
)


class TokenForm(RecordForm):
    AT_ONCE = ("name", "expires_at")
    NEEDED = ("scopes",)

    scopes = forms.MultipleChoiceField(
        label="What it is for", required=False, widget=forms.CheckboxSelectMultiple
    )
    permission = forms.ChoiceField(choices=tuple(PERMISSIONS.items()), widget=forms.RadioSelect)
    expires_at = forms.CharField(
        label="Expires",
        required=False,
        widget=forms.TextInput(attrs={"type": "datetime-local"}),
        help_text="In your organisation's time zone. Left blank, it never does.",
    )

    class Meta:
        model = AccessToken
        fields = ("name", "scopes", "permission", "expires_at")
        help_texts = {"name": "What it is used for, so that you know it again."}

    def __init__(self, request: HttpRequest, token: AccessToken) -> None:
        super().__init__(request, token, initial={"permission": "ro", "scopes": []})
        self._zone = find_zone(token.user.provider.time_zone)
        self.fields["scopes"].choices = [(name, _label(token.user, name)) for name in SCOPES]

    def clean_expires_at(self) -> datetime | None:
        """In the provider's zone. Raises ValidationError for what is no time, or past."""
        text = self.cleaned_data["expires_at"]
        if not text:
            return None
        try:
            at_s = parse_instant(text, self._zone)
        except QuestionError:
            raise ValidationError(NO_TIME) from None
        if at_s <= runtime.clock().now_s():
            raise ValidationError(PAST)
        return datetime.fromtimestamp(at_s, UTC)

    def given(self) -> dict[str, Any]:
        given = super().given()
        if "expires_at" in given:
            try:
                given["expires_at"] = self._zone.iso(parse_instant(given["expires_at"], self._zone))
            except QuestionError:
                del given["expires_at"]
        return given


def _label(user: User, scope: str) -> str:
    section = SCOPE_SECTION[scope]
    if user.is_admin or section in user.allowed_sections:
        return SCOPE_NAMES[scope]
    return f"{SCOPE_NAMES[scope]}: works once you have the section {section}"


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    user = _oneself(principal)
    now = datetime.fromtimestamp(runtime.clock().now_s(), UTC)
    context = {
        "title": "Access tokens",
        "listing": Listing(
            request.GET, user.access_tokens.all(), _COLUMNS, noun="access token",
            search=("name",),
        ),
        "scope_names": SCOPE_NAMES,
        "permissions": PERMISSIONS,
        "now": now,
        "calls": [api_of(request).call("GET", PATH)],
    }  # fmt: skip
    return show(request, principal, "console/tokens.html", "tokens", context)


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """201 with the token's value, which is never shown again."""
    token, value = AccessToken.unsaved(_oneself(principal))
    form = TokenForm(request, token)

    def save() -> HttpResponse:
        form.save()
        context = {"title": "Copy the access token", "token": token, "value": value}
        return show(request, principal, "console/token_made.html", "tokens", context, status=201)

    asked = FormPage(
        title="Create an access token",
        section="tokens",
        back=reverse("console:tokens"),
        calls=lambda api, form: [api.call("POST", PATH, form.given())],
        save="Create",
    )
    return asked.answer(request, principal, form, save)


@form_page
def delete(request: HttpRequest, principal: Principal, token_id: int) -> HttpResponse:
    token = _oneself(principal).access_tokens.filter(pk=token_id).first()
    if token is None:
        raise Http404
    tokens = reverse("console:tokens")
    asked = Confirm(
        title=f"Delete the access token {token.name}?",
        section="tokens",
        back=tokens,
        then=tokens,
        said=f"The access token {token.name} was deleted",
        calls=lambda api: [api.call("DELETE", f"{PATH}/{{token}}", token=token_id)],
        note="The next call with it is refused.",
    )
    return asked.answer(request, principal, token.delete)


def _oneself(principal: Principal) -> User:
    if principal.user is None:
        raise Forbidden
    return principal.user
