"""Under which terms an account is with the provider."""

from django.db import models

from tallygate.catalog.models.base import unique
from tallygate.catalog.models.plan_base import Plan
from tallygate.catalog.models.provider import Provider


class AccountPlan(Plan):
    """Of a provider, for accounts."""

    IMMUTABLE = ("provider", "system_name")
    TAKEN_FIELD = {"account_plan_system_name": "system_name"}
    IN_USE = "This account plan cannot be deleted! At least one account depends on it."

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="account_plans")

    class Meta(Plan.Meta):
        constraints = [unique("provider", "system_name", name="account_plan_system_name")]

    @property
    def is_default(self) -> bool:
        """Whether accounts that name no plan get this one."""
        return self.provider.default_account_plan_id == self.pk

    def siblings(self) -> "models.QuerySet[AccountPlan]":
        return AccountPlan.objects.filter(provider_id=self.provider_id)

    def make_default(self) -> None:
        """From now on it is the plan of accounts that name none."""
        self.provider.default_account_plan = self
        self.provider.save(update_fields=["default_account_plan", "updated_at"])
