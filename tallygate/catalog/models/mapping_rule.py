"""Which requests count on which metrics."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from tallygate.catalog.models.backend import Backend
from tallygate.catalog.models.base import CatalogModel, exactly_one_owner, text
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.product import Product
from tallygate.catalog.patterns import validate_pattern

LARGEST_DELTA = 2**31 - 1


class MappingRule(CatalogModel):
    """A request of this method and path adds `delta` to the metric.

    Attributes:
        position: Rules of one owner are tried in this order, from 1 without gaps; a new rule goes to
            the bottom unless it names its place.
        last: When it matches, the rules after it are not tried.
    """

    IMMUTABLE = ("product", "backend")

    class HttpMethod(models.TextChoices):
        GET = "GET", "GET"
        POST = "POST", "POST"
        DELETE = "DELETE", "DELETE"
        PUT = "PUT", "PUT"
        PATCH = "PATCH", "PATCH"
        HEAD = "HEAD", "HEAD"
        OPTIONS = "OPTIONS", "OPTIONS"

    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="mapping_rules"
    )
    backend = models.ForeignKey(
        Backend, models.CASCADE, null=True, blank=True, related_name="mapping_rules"
    )
    metric = models.ForeignKey(Metric, models.CASCADE, related_name="mapping_rules")
    http_method = text(16, choices=HttpMethod)
    pattern = text(validators=[validate_pattern])
    delta = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(LARGEST_DELTA)]
    )
    position = models.PositiveIntegerField(default=0, blank=True)
    last = models.BooleanField(default=False)

    class Meta(CatalogModel.Meta):
        constraints = [exactly_one_owner("mapping_rule_one_owner")]
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.http_method} {self.pattern}"

    def clean(self) -> None:
        owner = (self.product_id, self.backend_id)
        if self.metric_id and owner != (self.metric.product_id, self.metric.backend_id):
            raise ValidationError({"metric": "not found"})

    def prepare(self) -> None:
        self._wanted = self.position
        if not self.position:
            self.position = self._others().count() + 1

    def follow(self) -> None:
        """Takes the place that was asked for."""
        if self._wanted:
            self._place(self._wanted)

    def _others(self) -> "models.QuerySet[MappingRule]":
        owner = {"product_id": self.product_id, "backend_id": self.backend_id}
        return MappingRule.objects.filter(**owner).exclude(pk=self.pk)

    def _place(self, position: int) -> None:
        """Moves the rule there; the others close up and make room."""
        order = list(self._others())
        order.insert(min(position, len(order) + 1) - 1, self)
        for place, rule in enumerate(order, start=1):
            if rule.position != place:
                rule.position = place
                MappingRule.objects.filter(pk=rule.pk).update(position=place)


def close_gap(rule: MappingRule) -> None:
    """After a rule is gone, those behind it move up."""
    MappingRule.objects.filter(
        product_id=rule.product_id, backend_id=rule.backend_id, position__gt=rule.position
    ).update(position=models.F("position") - 1)
