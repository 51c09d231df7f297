"""Passwords of developers: how good they must be, and links with which somebody sets theirs."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from tallygate.catalog.models import Developer
from tallygate.catalog.passwords import SHORTEST

LINK_DAYS = settings.PASSWORD_RESET_TIMEOUT // 86_400

_WEAK_HINT = f"{SHORTEST} characters at least."
_STRONG_HINT = "Twelve characters at least, and none that everybody uses."


def field(strong: bool, label: str = "Password") -> forms.CharField:
    """The field for a new one; `strong` is what the provider's settings say."""
    return forms.CharField(
        label=label,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_STRONG_HINT if strong else _WEAK_HINT,
    )


def set_password(developer: Developer, password: str, strong: bool) -> None:
    """Raises ValidationError, beside `password`, when it is not good enough; saving is the caller's."""
    if strong:
        try:
            validate_password(password, developer)  # type: ignore[arg-type]
        except forms.ValidationError as error:
            raise forms.ValidationError({"password": error.messages}) from None
    developer.set_password(password)


class _Links(PasswordResetTokenGenerator):
    """A link ends when the password is set, the state or the address changes, or the days are over."""

    key_salt = "tallygate.developer.welcome"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk} {user.password} {user.state} {user.email} {timestamp}"


LINKS = _Links()
