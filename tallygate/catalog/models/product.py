"""What is offered to developers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.db import models

from tallygate.catalog import credentials, names
from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.provider import Provider

if TYPE_CHECKING:
    from tallygate.catalog.models.metric import Metric


class Product(CatalogModel):
    """The protocols call it service; its service id is its primary key in decimal.

    Attributes:
        system_name: Unique with the provider; made from the name when blank.
        backend_version: How applications authenticate: '1' user key, '2' id and key, 'oauth'.
        mandatory_app_key: Whether new applications of mode '2' get a key at once.
        referrer_filters_required: Whether calls must come from a referrer that the application names.
    """

    IMMUTABLE = ("provider", "system_name")
    TAKEN_FIELD = {"product_system_name": "system_name"}

    class State(models.TextChoices):
        INCOMPLETE = "incomplete"
        HIDDEN = "hidden"
        OFFLINE = "offline"
        PUBLISHED = "published"
        DEPRECATED = "deprecated"

    class BackendVersion(models.TextChoices):
        USER_KEY = "1", "API key (user_key)"
        APP_ID = "2", "App_ID and App_Key pair"
        OAUTH = "oauth", "OAuth"

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="products")
    name = text()
    system_name = text(blank=True, validators=[names.validate_system_name])
    description = models.TextField(blank=True)
    state = text(32, choices=State, default=State.INCOMPLETE)
    backend_version = text(16, choices=BackendVersion, default=BackendVersion.USER_KEY)
    mandatory_app_key = models.BooleanField(default=True)
    referrer_filters_required = models.BooleanField(default=False)

    class Meta(CatalogModel.Meta):
        constraints = [unique("provider", "system_name", name="product_system_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def service_id(self) -> str:
        """Its id in the wire protocols, the ledger and the history."""
        return str(self.pk)

    @property
    def hits(self) -> "Metric":
        """The metric that counts every call."""
        return self.metrics.get(system_name="hits")

    def all_metrics(self) -> "models.QuerySet[Metric]":
        """Its own metrics and methods, and those of the backends that it uses, in this order."""
        from tallygate.catalog.models.metric import Metric

        return Metric.objects.filter(
            models.Q(product=self) | models.Q(backend__in=self.backend_usages.values("backend"))
        ).order_by(models.F("backend").asc(nulls_first=True), "pk")

    def prepare(self) -> None:
        if not self.system_name:
            others = Product.objects.filter(provider_id=self.provider_id)
            self.system_name = names.from_human(
                self.name, "service", lambda name: others.filter(system_name=name).exists()
            )

    @classmethod
    def complete(cls, made: Sequence[Self]) -> None:
        """Every product counts `hits`, maps `GET /` to it, and has a service token."""
        from tallygate.catalog.models.mapping_rule import MappingRule
        from tallygate.catalog.models.metric import Metric

        for product in made:
            hits = Metric.objects.create(product=product, **Metric.HITS)
            MappingRule.objects.create(
                product=product, metric=hits, http_method="GET", pattern="/", delta=1
            )
            ServiceToken.objects.create(product=product)


class ServiceToken(CatalogModel):
    """A gateway's credential for one product. Readable, for gateways must be given it."""

    IMMUTABLE = ("product",)

    product = models.ForeignKey(Product, models.CASCADE, related_name="service_tokens")
    value = text(unique=True, default=credentials.service_token)

    def __str__(self) -> str:
        return f"service token of {self.product}"
