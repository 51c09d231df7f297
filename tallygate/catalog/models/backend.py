"""An internal API, and its use by products."""

from collections.abc import Sequence
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from tallygate.catalog import names
from tallygate.catalog.annotations import validate_annotations
from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.product import Product
from tallygate.catalog.models.provider import Provider

validate_endpoint = RegexValidator(
    r"\A(?:https?|wss?)://[^\s/?#]+(?:[/?#]\S*)?\Z", "must be an http, https, ws or wss URL"
)
validate_path = RegexValidator(
    r"\A/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*\Z",
    "must be a path that begins with '/'",
)


class Backend(CatalogModel):
    """An internal API with metrics of its own, counted in every product that uses it.

    Attributes:
        private_endpoint: The URL at which the gateway reaches it.
    """

    IMMUTABLE = ("provider", "system_name")
    TAKEN_FIELD = {"backend_system_name": "system_name"}
    IN_USE = "cannot be deleted because it is used by at least one Product"

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="backends")
    name = text()
    system_name = text(blank=True, validators=[names.validate_system_name])
    description = models.TextField(blank=True)
    private_endpoint = text(validators=[validate_endpoint])
    annotations = models.JSONField(default=dict, blank=True, validators=[validate_annotations])

    class Meta(CatalogModel.Meta):
        constraints = [unique("provider", "system_name", name="backend_system_name")]

    def __str__(self) -> str:
        return self.name

    def prepare(self) -> None:
        if not self.system_name:
            others = Backend.objects.filter(provider_id=self.provider_id)
            self.system_name = names.from_human(
                self.name, "backend", lambda name: others.filter(system_name=name).exists()
            )

    @classmethod
    def complete(cls, made: Sequence[Self]) -> None:
        """Every backend counts its own hits."""
        from tallygate.catalog.models.metric import Metric

        for backend in made:
            Metric.objects.create(backend=backend, **Metric.HITS)


class BackendUsage(CatalogModel):
    """A product uses a backend under a path of its own."""

    IMMUTABLE = ("product", "backend")
    TAKEN_FIELD = {"backend_usage_path": "path", "backend_usage_backend": "backend"}

    product = models.ForeignKey(Product, models.CASCADE, related_name="backend_usages")
    backend = models.ForeignKey(Backend, models.RESTRICT, related_name="usages")
    path = text(default="/", validators=[validate_path])

    class Meta(CatalogModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["product", "path"],
                name="backend_usage_path",
                violation_error_message="This path is already taken. Specify a different path.",
            ),
            unique("product", "backend", name="backend_usage_backend"),
        ]

    def __str__(self) -> str:
        return f"{self.product} uses {self.backend} at {self.path}"

    def prepare(self) -> None:
        self.path = "/" + self.path.strip("/")

    def clean(self) -> None:
        if self.backend_id and self.product.provider_id != self.backend.provider_id:
            raise ValidationError({"backend": "not found"})


def drop_terms(usage: BackendUsage) -> None:
    """Without the backend, the product's plans have no limits and prices on its metrics."""
    from tallygate.catalog.models.plan import Limit, PricingRule

    terms: dict[str, Any] = {
        "plan__product_id": usage.product_id,
        "metric__backend_id": usage.backend_id,
    }
    Limit.objects.filter(**terms).delete()
    PricingRule.objects.filter(**terms).delete()
