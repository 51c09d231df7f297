"""The tenant: an organisation that offers APIs."""

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog import credentials
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.domain.zone import zone_ids


def validate_time_zone(value: str) -> None:
    """Raises ValidationError when `value` is not the IANA name of a zone that the calendar knows."""
    if value not in zone_ids():
        raise ValidationError("is not a known time zone", code="invalid")


class Provider(CatalogModel):
    """Offers products to developers.

    Attributes:
        provider_key: The provider's credential of full power, for gateways and APIs.
        time_zone: IANA name; in it the provider's pages and APIs tell the time unless asked otherwise.
    """

    class State(models.TextChoices):
        APPROVED = "approved"
        SUSPENDED = "suspended"

    name = text()
    provider_key = text(unique=True, default=credentials.provider_key)
    time_zone = text(64, default="UTC", validators=[validate_time_zone])
    state = text(32, choices=State, default=State.APPROVED)

    def __str__(self) -> str:
        return self.name
