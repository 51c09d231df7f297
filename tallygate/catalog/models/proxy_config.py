"""What gateways are told about a product, version by version."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog.models.base import CatalogModel, text, unique
from tallygate.catalog.models.product import Product
from tallygate.catalog.models.user import User

ENVIRONMENTS = {"sandbox": "sandbox", "staging": "sandbox", "production": "production"}
"""Environment as callers name it -> as it is stored."""


class ProxyConfig(CatalogModel):
    """A version, once made, stays as it is.

    Attributes:
        version: From 1, without gaps in the sandbox; in production it is that of the sandbox.
        content: What a gateway reads.
        hosts: `|host|host|`, by which a gateway looks it up; '' = none.
        metric_ids: The metrics on which its rules count.
        user: Who made it; None: by the provider key, or they are gone.
    """

    IMMUTABLE = ("product", "environment", "version")
    TAKEN_FIELD = {"proxy_config_version": "version"}

    class Environment(models.TextChoices):
        SANDBOX = "sandbox"
        PRODUCTION = "production"

    product = models.ForeignKey(Product, models.CASCADE, related_name="proxy_configs")
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    environment = text(16, choices=Environment)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    hosts = models.TextField(blank=True)
    metric_ids = models.JSONField(default=list, blank=True)

    class Meta(CatalogModel.Meta):
        constraints = [unique("product", "environment", "version", name="proxy_config_version")]

    def __str__(self) -> str:
        return f"{self.environment} {self.version} of {self.product}"

    @classmethod
    def latest(cls, **which: Any) -> "models.QuerySet[ProxyConfig]":
        """Of those that are asked for, the highest version of each product and environment."""
        newer = cls.objects.filter(
            product=models.OuterRef("product"),
            environment=models.OuterRef("environment"),
            version__gt=models.OuterRef("version"),
        )
        return cls.objects.filter(~models.Exists(newer), **which)

    def promote(self, environment: str, user: User | None) -> "ProxyConfig":
        """The same content, under the same version, in another environment.

        Raises:
            ValidationError: It is there already, or there is no such environment.
        """
        if environment not in ENVIRONMENTS:
            raise ValidationError({"environment": "is not included in the list"})
        return ProxyConfig.objects.create(
            product=self.product,
            user=user,
            environment=ENVIRONMENTS[environment],
            version=self.version,
            content=self.content,
            hosts=self.hosts,
            metric_ids=self.metric_ids,
        )
