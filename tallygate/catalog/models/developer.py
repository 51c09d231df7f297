"""A person of a developer account."""

from django.contrib.auth.hashers import check_password, make_password
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models

from tallygate.catalog.models.account import Account
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.passwords import check_length
from tallygate.catalog.states import HasStates, Transition
from tallygate.catalog.words import TAKEN

_username = RegexValidator(r"\A[\w][\w.+\-@ ]+\Z", "use only letters, numbers, and .-_@ please.")


class Developer(HasStates, CatalogModel):
    """Signs in to the Developer Portal, once active, and looks after the account's applications.

    Attributes:
        provider: Their account's: user names and addresses are unique with a provider.
        password: Its argon2 hash; '' = none, so that nobody can sign in with it.
    """

    IMMUTABLE = ("account", "provider")
    TAKEN_FIELD = {"developer_username": "username", "developer_email": "email"}
    HASHED = ("password",)

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

    account = models.ForeignKey(Account, models.CASCADE, related_name="developers")
    provider = models.ForeignKey(Provider, models.CASCADE, related_name="developers")
    username = text(40, validators=[_username, MinLengthValidator(3)])
    email = models.EmailField(blank=True)
    first_name = text(blank=True)
    last_name = text(blank=True)
    password = models.CharField(max_length=128, blank=True)
    role = text(16, choices=Role, default=Role.MEMBER)
    state = text(16, choices=State, default=State.PENDING)

    class Meta(CatalogModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "username"],
                name="developer_username",
                violation_error_message=TAKEN,
            ),
            models.UniqueConstraint(
                fields=["provider", "email"],
                condition=~models.Q(email=""),
                name="developer_email",
                violation_error_message=TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def prepare(self) -> None:
        self.username = self.username.strip()
        if self.account_id is not None:
            self.provider_id = self.account.provider_id

    def set_password(self, password: str) -> None:
        """Takes the password's hash; saving is the caller's.

        Raises:
            ValidationError: It is too short or too long.
        """
        check_length(password)
        self.password = make_password(password)

    def check_password(self, password: str) -> bool:
        """Whether it is theirs."""
        return bool(self.password) and check_password(password, self.password)
