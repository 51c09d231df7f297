"""How a provider's Developer Portal behaves."""

from django.db import models

from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import Provider


class PlanChange(models.TextChoices):
    """How a developer comes to another plan."""

    REQUEST = "request"
    DIRECT = "direct"
    NONE = "none"
    CREDIT_CARD = "credit_card"
    REQUEST_CREDIT_CARD = "request_credit_card"


class PortalSettings(CatalogModel):
    """One row for each provider.

    Attributes:
        useraccountarea_enabled: Whether developers may edit their account and users.
        hide_service: Whether those without a subscription see no product.
        signups_enabled: Whether developers may sign up by themselves.
        strong_passwords_enabled: Whether developers' passwords must be strong.
        public_search: Whether visitors may search.
        account_plans_ui_visible: Whether account plans are shown.
        change_account_plan_permission: How accounts change their plan.
        service_plans_ui_visible: Whether service plans are shown.
        change_service_plan_permission: How subscriptions change their plan.
        enforce_sso: Whether the portal's users sign in by an identity provider only.
    """

    IMMUTABLE = ("provider",)

    provider = models.OneToOneField(Provider, models.CASCADE, related_name="settings")
    useraccountarea_enabled = models.BooleanField(default=True)
    hide_service = models.BooleanField(default=False)
    signups_enabled = models.BooleanField(default=True)
    strong_passwords_enabled = models.BooleanField(default=False)
    public_search = models.BooleanField(default=False)
    account_plans_ui_visible = models.BooleanField(default=False)
    change_account_plan_permission = text(32, choices=PlanChange, default=PlanChange.REQUEST)
    service_plans_ui_visible = models.BooleanField(default=False)
    change_service_plan_permission = text(32, choices=PlanChange, default=PlanChange.REQUEST)
    enforce_sso = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"settings of {self.provider}"
