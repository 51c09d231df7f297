"""Under which terms a product may be used."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from tallygate.catalog import names
from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.product import Product
from tallygate.registry.records import PERIODS


def money() -> models.DecimalField:
    return models.DecimalField(
        max_digits=20, decimal_places=4, default=Decimal(0), validators=[MinValueValidator(0)]
    )


class ApplicationPlan(CatalogModel):
    """Limits and prices under which applications use a product.

    Attributes:
        approval_required: Whether new applications wait until the provider accepts them.
        trial_period_days: Days without cost; None = no trial.
    """

    IMMUTABLE = ("product", "system_name")
    TAKEN_FIELD = {"application_plan_system_name": "system_name"}
    IN_USE = "This application plan cannot be deleted! At least one application depends on it."

    class State(models.TextChoices):
        HIDDEN = "hidden"
        PUBLISHED = "published"

    product = models.ForeignKey(Product, models.CASCADE, related_name="application_plans")
    name = text()
    system_name = text(blank=True, validators=[names.validate_system_name])
    description = models.TextField(blank=True)
    state = text(16, choices=State, default=State.HIDDEN)
    setup_fee = money()
    cost_per_month = money()
    trial_period_days = models.PositiveIntegerField(null=True, blank=True)
    approval_required = models.BooleanField(default=False)

    class Meta(CatalogModel.Meta):
        constraints = [unique("product", "system_name", name="application_plan_system_name")]

    def __str__(self) -> str:
        return self.name

    def prepare(self) -> None:
        if not self.system_name:
            others = ApplicationPlan.objects.filter(product_id=self.product_id)
            self.system_name = names.from_human(
                self.name, "plan", lambda name: others.filter(system_name=name).exists()
            )


class Term(CatalogModel):
    """Something that a plan says about one metric of its product."""

    IMMUTABLE = ("plan", "metric")

    class Meta(CatalogModel.Meta):
        abstract = True

    def clean(self) -> None:
        if not self.plan.product.all_metrics().filter(pk=self.metric_id).exists():
            raise ValidationError({"metric": "not found"})


class Limit(Term):
    """At most `value` of the metric in each period, by the UTC calendar; 0 = not to be used at all."""

    TAKEN_FIELD = {"limit_period": "period"}

    plan = models.ForeignKey(ApplicationPlan, models.CASCADE, related_name="limits")
    metric = models.ForeignKey(Metric, models.CASCADE, related_name="limits")
    period = text(16, choices=[(period, period) for period in PERIODS])
    value = models.PositiveBigIntegerField(default=0, blank=True)

    class Meta(CatalogModel.Meta):
        constraints = [unique("plan", "metric", "period", name="limit_period")]

    def __str__(self) -> str:
        return f"{self.value} {self.metric} per {self.period}"

    def prepare(self) -> None:
        try:
            self.value = max(int(self.value or 0), 0)
        except (TypeError, ValueError):
            return  # the field itself says what is wrong with it


class PricingRule(Term):
    """What one unit costs from the `min`-th to the `max`-th in a month; `max` None = without end."""

    plan = models.ForeignKey(ApplicationPlan, models.CASCADE, related_name="pricing_rules")
    metric = models.ForeignKey(Metric, models.CASCADE, related_name="pricing_rules")
    min = models.PositiveBigIntegerField(default=1, validators=[MinValueValidator(1)])
    max = models.PositiveBigIntegerField(null=True, blank=True)
    cost_per_unit = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta(CatalogModel.Meta):
        ordering = ["min"]

    def __str__(self) -> str:
        return f"{self.cost_per_unit} for {self.metric} {self.min}..{self.max or ''}"

    def clean(self) -> None:
        super().clean()
        if self.max is not None and self.max < self.min:
            raise ValidationError({"max": "must be greater than or equal to min"})
        if self._overlapping().exists():
            raise ValidationError({"min": "overlaps with another pricing rule"})

    def _overlapping(self) -> "models.QuerySet[PricingRule]":
        others = PricingRule.objects.filter(plan=self.plan, metric=self.metric).exclude(pk=self.pk)
        begins_later = models.Q(min__gt=self.max) if self.max is not None else models.Q(pk=None)
        return others.exclude(max__lt=self.min).exclude(begins_later)
