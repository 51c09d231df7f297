"""Under which terms a product may be used."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.plan_base import Plan
from tallygate.catalog.models.product import Product
from tallygate.registry.records import PERIODS


class ApplicationPlan(Plan):
    """Limits and prices under which applications use a product.

    Attributes:
        original: Of a plan that was made for one application: the plan from which it was made.
        buyers_see_analytics: Whether developers see what applications under it use, where the product lets them.
    """

    IMMUTABLE = ("product", "system_name", "original")
    TAKEN_FIELD = {"application_plan_system_name": "system_name"}
    IN_USE = "This application plan cannot be deleted! At least one application depends on it."

    product = models.ForeignKey(Product, models.CASCADE, related_name="application_plans")
    original = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="customizations"
    )
    buyers_see_analytics = models.BooleanField(default=True)

    class Meta(Plan.Meta):
        constraints = [unique("product", "system_name", name="application_plan_system_name")]

    @property
    def is_default(self) -> bool:
        """Whether applications that name no plan get this one."""
        return self.product.default_application_plan_id == self.pk

    @property
    def is_custom(self) -> bool:
        """Whether it was made for one application."""
        return self.original_id is not None

    def siblings(self) -> "models.QuerySet[ApplicationPlan]":
        return ApplicationPlan.objects.filter(product_id=self.product_id)

    def make_default(self) -> None:
        """From now on it is the plan of applications that name none."""
        self.product.default_application_plan = self
        self.product.save(update_fields=["default_application_plan", "updated_at"])


class Term(CatalogModel):
    """Something that a plan says about one metric of its product."""

    IMMUTABLE = ("plan", "metric")

    class Meta(CatalogModel.Meta):
        abstract = True

    def clean(self) -> None:
        if (
            self.metric_id
            and not self.plan.product.all_metrics().filter(pk=self.metric_id).exists()
        ):
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
        if not _is_bound(self.min) or not (self.max is None or _is_bound(self.max)):
            return  # the fields themselves say what is wrong with them
        if self.max is not None and self.max < self.min:
            raise ValidationError({"max": "must be greater than or equal to min"})
        if self._overlapping().exists():
            raise ValidationError({"min": "overlaps with another pricing rule"})

    def _overlapping(self) -> "models.QuerySet[PricingRule]":
        others = PricingRule.objects.filter(plan=self.plan, metric=self.metric).exclude(pk=self.pk)
        begins_later = models.Q(min__gt=self.max) if self.max is not None else models.Q(pk=None)
        return others.exclude(max__lt=self.min).exclude(begins_later)


def _is_bound(value: object) -> bool:
    return isinstance(value, int) and 0 < value < 2**63


class PlanMetric(Term):
    """How a plan shows one metric to developers; without a row both are yes.

    Attributes:
        visible: Whether developers see the metric.
        limits_only_text: Whether its limits are told as text instead of icons.
    """

    TAKEN_FIELD = {"plan_metric_metric": "metric"}

    plan = models.ForeignKey(ApplicationPlan, models.CASCADE, related_name="plan_metrics")
    metric = models.ForeignKey(Metric, models.CASCADE, related_name="plan_metrics")
    visible = models.BooleanField(default=True)
    limits_only_text = models.BooleanField(default=True)

    class Meta(Term.Meta):
        constraints = [unique("plan", "metric", name="plan_metric_metric")]

    def __str__(self) -> str:
        return f"{self.metric} in {self.plan}"
