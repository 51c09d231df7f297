"""A consumer organisation."""

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog.annotations import validate_annotations
from tallygate.catalog.models.account_plan import AccountPlan
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.states import HasStates, Transition


class Account(HasStates, CatalogModel):
    """A developer account: it owns applications and has developers.

    Attributes:
        plan: The provider's default one unless named.
        state: Approved at once unless the plan says that the provider approves.
    """

    IMMUTABLE = ("provider",)

    class State(models.TextChoices):
        CREATED = "created"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        SUSPENDED = "suspended"

    TRANSITIONS = {
        "make_pending": Transition((State.CREATED, State.APPROVED, State.REJECTED), State.PENDING),
        "approve": Transition((State.CREATED, State.PENDING, State.REJECTED), State.APPROVED),
        "reject": Transition((State.CREATED, State.PENDING, State.APPROVED), State.REJECTED),
        "suspend": Transition((State.APPROVED,), State.SUSPENDED),
        "resume": Transition((State.SUSPENDED,), State.APPROVED),
    }

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="accounts")
    plan = models.ForeignKey(AccountPlan, models.RESTRICT, related_name="accounts", blank=True)
    org_name = text()
    state = text(16, choices=State, blank=True)
    monthly_billing_enabled = models.BooleanField(default=True)
    monthly_charging_enabled = models.BooleanField(default=True)
    annotations = models.JSONField(default=dict, blank=True, validators=[validate_annotations])

    def __str__(self) -> str:
        return self.org_name

    def prepare(self) -> None:
        if self.plan_id is None and self.provider_id is not None:
            self.plan = self.provider.account_plan_for_new()
        if not self.state and self.plan_id is not None:
            waits = self.plan.approval_required
            self.state = self.State.PENDING if waits else self.State.APPROVED

    def clean(self) -> None:
        if self.plan.provider_id != self.provider_id:
            raise ValidationError({"plan": "not found"})
