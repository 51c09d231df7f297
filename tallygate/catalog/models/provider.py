"""The tenant: an organisation that offers APIs."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from tallygate.catalog import credentials
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.domain.zone import zone_ids
from tallygate.registry.records import LONGEST_WINDOW_S

if TYPE_CHECKING:
    from tallygate.catalog.models.account_plan import AccountPlan


def validate_time_zone(value: str) -> None:
    """Raises ValidationError when `value` is not the IANA name of a zone that the calendar knows."""
    if value not in zone_ids():
        raise ValidationError("is not a known time zone", code="invalid")


def new_site_access_code() -> str:
    """10 hexadecimal digits."""
    return secrets.token_hex(5)


class Provider(CatalogModel):
    """Offers products to developers.

    Attributes:
        provider_key: The provider's credential of full power, for gateways and APIs.
        time_zone: IANA name; in it the provider's pages and APIs tell the time unless asked otherwise.
        from_email: Who mail to developers comes from.
        support_email: Whom developers ask; a product may name somebody else.
        finance_support_email: Whom they ask about bills.
        site_access_code: Opens the Developer Portal while it is not public.
        default_account_plan: The plan of accounts that name none.
        past_window_s: How old what is reported may be, so that history can be brought in; None: as the installation has it.
        future_window_s: How far ahead its time may be; None: as the installation has it.
    """

    SECRET = ("provider_key", "site_access_code")

    class State(models.TextChoices):
        APPROVED = "approved"
        SUSPENDED = "suspended"

    name = text()
    provider_key = text(unique=True, default=credentials.provider_key)
    time_zone = text(64, default="UTC", validators=[validate_time_zone])
    state = text(32, choices=State, default=State.APPROVED)
    from_email = models.EmailField(blank=True)
    support_email = models.EmailField(blank=True)
    finance_support_email = models.EmailField(blank=True)
    site_access_code = text(blank=True, default=new_site_access_code)
    default_account_plan = models.ForeignKey(
        "AccountPlan", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    past_window_s = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LONGEST_WINDOW_S)]
    )
    future_window_s = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LONGEST_WINDOW_S)]
    )

    def __str__(self) -> str:
        return self.name

    def account_plan_for_new(self) -> "AccountPlan | None":
        """The plan of an account that names none."""
        return self.default_account_plan or self.account_plans.order_by("pk").first()

    @classmethod
    def complete(cls, made: Sequence[Self]) -> None:
        """Every provider has a plan for accounts, and settings."""
        from tallygate.catalog.models.account_plan import AccountPlan
        from tallygate.catalog.models.portal_settings import PortalSettings

        for provider in made:
            plan = AccountPlan.objects.create(
                provider=provider, name="Default", state=AccountPlan.State.PUBLISHED
            )
            plan.make_default()
            PortalSettings.objects.create(provider=provider)
