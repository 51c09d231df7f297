"""A person who signs in to the Admin Portal."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.queryset import CatalogQuerySet
from tallygate.catalog.sections import SECTIONS


class UserManager(models.Manager.from_queryset(CatalogQuerySet)):  # type: ignore[misc]
    """Finds users as Django's sign-in wants it."""

    def get_by_natural_key(self, username: str) -> "User":
        return self.get(username=username)

    def create_user(
        self, provider: Provider, username: str, password: str, **values: Any
    ) -> "User":
        """A saved user with `password`, which is stored as an argon2 hash."""
        user = self.model(provider=provider, username=username, **values)
        user.set_password(password)
        user.save()
        return user


def validate_sections(value: object) -> None:
    """Raises ValidationError unless `value` is a list of section names."""
    if not isinstance(value, list) or not set(map(str, value)) <= set(SECTIONS):
        raise ValidationError(f"must be a list of {', '.join(SECTIONS)}", code="unknown")


def validate_ids(value: object) -> None:
    """Raises ValidationError unless `value` is a list of integers."""
    if not isinstance(value, list) or not all(type(item) is int for item in value):
        raise ValidationError("must be a list of ids", code="unknown")


class User(AbstractBaseUser, CatalogModel):
    """An admin may do everything; a member what the sections and products given to them allow.

    Attributes:
        allowed_sections: Of a member: names from `sections.SECTIONS`.
        allowed_product_ids: Of a member: ids of products; None = all, also future ones.
    """

    class Role(models.TextChoices):
        ADMIN = "admin"
        MEMBER = "member"

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="users")
    username = text(unique=True)
    email = models.EmailField(blank=True)
    role = text(16, choices=Role, default=Role.MEMBER)
    is_active = models.BooleanField(default=True)
    allowed_sections = models.JSONField(default=list, blank=True, validators=[validate_sections])
    allowed_product_ids = models.JSONField(null=True, blank=True, validators=[validate_ids])

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    objects = UserManager()

    class Meta(CatalogModel.Meta):
        pass

    def __str__(self) -> str:
        return self.username

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN
