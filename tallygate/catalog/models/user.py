"""A person who signs in to the Admin Portal."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.notifications import NOTIFICATIONS
from tallygate.catalog.queryset import CatalogQuerySet
from tallygate.catalog.sections import SECTIONS
from tallygate.catalog.states import HasStates, Transition
from tallygate.catalog.words import TAKEN


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


def validate_notifications(value: object) -> None:
    """Raises ValidationError unless `value` says yes or no of kinds of notification, and of nothing else."""
    if not isinstance(value, dict):
        raise ValidationError("must be an object", code="unknown")
    wrong = [
        name for name, on in value.items() if name not in NOTIFICATIONS or type(on) is not bool
    ]
    if wrong:
        raise ValidationError(f"cannot have {', '.join(map(str, wrong))}", code="unknown")


class User(AbstractBaseUser, HasStates, CatalogModel):
    """An admin may do everything; a member what the sections and products given to them allow.

    Attributes:
        state: Only an active user signs in, and only their tokens work.
        allowed_sections: Of a member: names from `sections.SECTIONS`.
        allowed_product_ids: Of a member: ids of products; None = all, also future ones.
        notifications: What they chose of `notifications.NOTIFICATIONS`: name -> whether they want it.
    """

    IMMUTABLE = ("provider",)
    HASHED = ("password",)
    TAKEN_FIELD = {"user_email": "email"}
    LAST_ADMIN = "the last active admin must stay one"

    class Role(models.TextChoices):
        ADMIN = "admin"
        MEMBER = "member"

    class State(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        SUSPENDED = "suspended"

    TRANSITIONS = {
        "activate": Transition((State.PENDING, State.ACTIVE), State.ACTIVE),
        "suspend": Transition((State.ACTIVE, State.SUSPENDED), State.SUSPENDED),
        "unsuspend": Transition((State.SUSPENDED,), State.ACTIVE),
    }

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="users")
    username = text(unique=True)
    email = models.EmailField(blank=True)
    role = text(16, choices=Role, default=Role.MEMBER)
    first_name = text(blank=True)
    last_name = text(blank=True)
    state = text(16, choices=State, default=State.ACTIVE)
    allowed_sections = models.JSONField(default=list, blank=True, validators=[validate_sections])
    allowed_product_ids = models.JSONField(null=True, blank=True, validators=[validate_ids])
    notifications = models.JSONField(default=dict, blank=True, validators=[validate_notifications])

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    objects = UserManager()

    class Meta(CatalogModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "email"],
                condition=~models.Q(email=""),
                name="user_email",
                violation_error_message=TAKEN,
            )
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether they may sign in: Django's word for it."""
        return self.state == self.State.ACTIVE

    @property
    def is_last_admin(self) -> bool:
        """Whether nobody else could administrate their provider."""
        others = User.objects.filter(
            provider=self.provider_id, role=self.Role.ADMIN, state=self.State.ACTIVE
        )
        return not others.exclude(pk=self.pk).exists()

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {}
        stored = User.objects.filter(pk=self.pk).first()
        ruled = stored is not None and stored.is_admin and stored.is_active
        if ruled and not (self.is_admin and self.is_active) and self.is_last_admin:
            errors["state" if self.is_admin else "role"] = self.LAST_ADMIN
        if stored is None or stored.allowed_product_ids != self.allowed_product_ids:
            wanted = set(self.allowed_product_ids or ())
            known = self.provider.products.order_by().values_list("pk", flat=True)
            if not wanted.issubset(known):
                errors["allowed_product_ids"] = "not found"
        if errors:
            raise ValidationError(errors)
