"""A consumer organisation."""

from django.db import models

from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import Provider


class Account(CatalogModel):
    """A developer account: it owns applications."""

    IMMUTABLE = ("provider",)

    class State(models.TextChoices):
        CREATED = "created"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        SUSPENDED = "suspended"

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="accounts")
    org_name = text()
    state = text(16, choices=State, default=State.APPROVED)

    def __str__(self) -> str:
        return self.org_name
