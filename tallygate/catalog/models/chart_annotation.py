"""What a provider marks on the time line."""

from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog.models.base import CatalogModel, text
from tallygate.catalog.models.product import Product
from tallygate.catalog.models.provider import Provider
from tallygate.catalog.words import INVALID

_FIRST, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


class ChartAnnotation(CatalogModel):
    """A moment with a name, drawn on charts: 'v2 launched'.

    Attributes:
        product: On whose charts; None: on those of all products.
        at: The moment.
    """

    IMMUTABLE = ("provider",)

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="chart_annotations")
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="chart_annotations"
    )
    at = models.DateTimeField()
    title = text()
    description = models.TextField(blank=True)

    class Meta(CatalogModel.Meta):
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["provider", "at"], name="chart_annotation_at")]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        errors = {}
        if self.product is not None and self.product.provider_id != self.provider_id:
            errors["product"] = "not found"
        if self.at is not None and not _FIRST <= self.at < _END:
            errors["at"] = INVALID
        if errors:
            raise ValidationError(errors)
