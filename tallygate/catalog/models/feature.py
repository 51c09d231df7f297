"""What a plan of a product has, in words."""

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog import names
from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.plan import ApplicationPlan
from tallygate.catalog.models.product import Product


class Feature(CatalogModel):
    """Something that plans of a product may offer.

    Attributes:
        scope: Which kind of plan may have it.
        visible: Whether developers see it.
    """

    IMMUTABLE = ("product", "system_name", "scope")
    TAKEN_FIELD = {"feature_system_name": "system_name"}

    class Scope(models.TextChoices):
        APPLICATION_PLAN = "ApplicationPlan"
        SERVICE_PLAN = "ServicePlan"

    product = models.ForeignKey(Product, models.CASCADE, related_name="features")
    name = text()
    system_name = text(blank=True, validators=[names.validate_system_name])
    description = models.TextField(blank=True)
    scope = text(32, choices=Scope, default=Scope.APPLICATION_PLAN)
    visible = models.BooleanField(default=True)

    class Meta(CatalogModel.Meta):
        constraints = [unique("product", "system_name", name="feature_system_name")]

    def __str__(self) -> str:
        return self.name

    def prepare(self) -> None:
        if not self.system_name:
            others = Feature.objects.filter(product_id=self.product_id)
            self.system_name = names.from_human(
                self.name, "feature", lambda name: others.filter(system_name=name).exists()
            )


class PlanFeature(CatalogModel):
    """A plan has a feature."""

    IMMUTABLE = ("plan", "feature")
    TAKEN_FIELD = {"plan_feature_feature": "feature"}

    plan = models.ForeignKey(ApplicationPlan, models.CASCADE, related_name="plan_features")
    feature = models.ForeignKey(Feature, models.CASCADE, related_name="plan_features")

    class Meta(CatalogModel.Meta):
        constraints = [unique("plan", "feature", name="plan_feature_feature")]

    def __str__(self) -> str:
        return f"{self.feature} in {self.plan}"

    def clean(self) -> None:
        if self.feature.product_id != self.plan.product_id:
            raise ValidationError({"feature": "not found"})
        if self.feature.scope != Feature.Scope.APPLICATION_PLAN:
            raise ValidationError({"feature": "Plan type mismatch"})
