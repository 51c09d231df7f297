"""With an access token a program speaks for a user."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog import credentials
from tallygate.catalog.models.base import BLANK, CatalogModel, text
from tallygate.catalog.models.user import User
from tallygate.catalog.sections import SCOPES


def validate_scopes(value: object) -> None:
    """Raises ValidationError unless `value` is a non-empty list of scopes."""
    if not isinstance(value, list) or not value or not set(map(str, value)) <= set(SCOPES):
        raise ValidationError(f"must be a list of {', '.join(SCOPES)}", code="unknown")


class AccessToken(CatalogModel):
    """Only the digest is stored: whoever reads the database cannot use it.

    Attributes:
        scopes: Names from `sections.SCOPES`.
        permission: 'ro' reads only; 'rw' also writes.
        expires_at: From this instant on it is refused; None = never.
    """

    IMMUTABLE = ("user", "digest")
    HASHED = ("digest",)

    class Permission(models.TextChoices):
        READ_ONLY = "ro"
        READ_WRITE = "rw"

    user = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    name = text()
    digest = text(128, unique=True, editable=False)
    scopes = models.JSONField(validators=[validate_scopes], error_messages={"blank": BLANK})
    permission = text(2, choices=Permission)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def unsaved(cls, user: User) -> tuple[Self, str]:
        """A token of the user's that is not there yet, and the value that it will have."""
        value = credentials.access_token()
        return cls(user=user, digest=credentials.digest(value)), value

    @classmethod
    def issue(
        cls,
        user: User,
        name: str,
        scopes: Sequence[str],
        permission: str,
        expires_at: datetime | None = None,
    ) -> tuple[Self, str]:
        """A saved token and its value, which cannot be read again.

        Raises:
            ValidationError: An unknown scope or permission, or no name.
        """
        token, value = cls.unsaved(user)
        token.name, token.scopes, token.permission = name, list(scopes), permission
        token.expires_at = expires_at
        token.save()
        return token, value

    @classmethod
    def find(cls, value: str, now: datetime) -> Self | None:
        """The token with this value, if it has not expired; with its user and provider."""
        token = (
            cls.objects.select_related("user__provider")
            .filter(digest=credentials.digest(value))
            .first()
        )
        if token is None or (token.expires_at is not None and token.expires_at <= now):
            return None
        return token
