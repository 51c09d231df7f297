"""That an application has reached a level of one of its limits."""

from django.db import models

from tallygate.catalog.models.application import Application
from tallygate.catalog.models.product import Product


class Alert(models.Model):
    """Written by `catalog.alerts` alone, once for each time that the ledger raises it; shared by a provider's users.

    Attributes:
        at: When it was noticed.
        level: The level that was reached, in percent.
        metric, period: Of the limit that was used most: the metric's system name, the period's name.
        value: What was used of it then.
        read: Whether somebody has marked it so.
        deleted: Whether it is hidden. It stays, so that it does not come again, for as long as the ledger tells of it.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="alerts")
    application = models.ForeignKey(Application, models.CASCADE, related_name="alerts")
    at = models.DateTimeField()
    level = models.PositiveIntegerField()
    metric = models.CharField(max_length=255)
    period = models.CharField(max_length=16)
    value = models.BigIntegerField()
    maximum = models.BigIntegerField()
    read = models.BooleanField(default=False)
    deleted = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-level", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "at", "level"], name="alert_once")
        ]
        indexes = [models.Index(fields=["product", "deleted", "at"], name="alert_product_at")]

    def __str__(self) -> str:
        return f"{self.level}% of {self.metric} per {self.period}: {self.value}/{self.maximum}"

    @property
    def percent(self) -> float:
        """How much of the limit was used."""
        return self.value / self.maximum * 100 if self.maximum else 0.0

    @property
    def is_violation(self) -> bool:
        """Whether the limit was used up."""
        return self.level >= 100
