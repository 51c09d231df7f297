"""What plans of applications and of accounts have in common."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models

from tallygate.catalog import names
from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.states import HasStates, Transition


def money() -> models.DecimalField:
    """An amount of the provider's currency, not below zero."""
    return models.DecimalField(
        max_digits=20, decimal_places=4, default=Decimal(0), validators=[MinValueValidator(0)]
    )


class Plan(HasStates, CatalogModel):
    """Terms that can be subscribed to.

    Attributes:
        state: Only a published plan is offered to developers.
        trial_period_days: Days without cost; None = no trial.
        cancellation_period: Days between a cancellation and its effect.
        approval_required: Whether new subscriptions wait until the provider accepts them.
    """

    class State(models.TextChoices):
        HIDDEN = "hidden"
        PUBLISHED = "published"

    TRANSITIONS = {
        "publish": Transition((State.HIDDEN,), State.PUBLISHED),
        "hide": Transition((State.PUBLISHED,), State.HIDDEN),
    }

    name = text()
    system_name = text(blank=True, validators=[names.validate_system_name])
    description = models.TextField(blank=True)
    state = text(16, choices=State, default=State.HIDDEN)
    setup_fee = money()
    cost_per_month = money()
    trial_period_days = models.PositiveIntegerField(null=True, blank=True)
    cancellation_period = models.PositiveIntegerField(default=0)
    approval_required = models.BooleanField(default=False)

    class Meta(CatalogModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.name

    def siblings(self) -> "models.QuerySet[Any]":
        """The plans among which its system name is unique."""
        raise NotImplementedError

    def prepare(self) -> None:
        if not self.system_name:
            self.system_name = names.from_human(
                self.name,
                "plan",
                lambda name: self.siblings().filter(system_name=name).exists(),
            )
