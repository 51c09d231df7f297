"""What is counted."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from tallygate.catalog import names
from tallygate.catalog.models.backend import Backend
from tallygate.catalog.models.base import BLANK, CatalogModel, exactly_one_owner, text, unique
from tallygate.catalog.models.product import Product


class Metric(CatalogModel):
    """A countable quantity with a unit; with a parent it is a method: a named kind of hit.

    Attributes:
        system_name: Its name in the protocols. A backend's is `NAME.BACKEND_ID`, so that it is unique
            in every product; the suffix is added on saving. Made from the friendly name when blank.
        unit: Of one; a method has its parent's.
    """

    HITS: ClassVar[dict[str, str]] = {
        "friendly_name": "Hits",
        "system_name": "hits",
        "unit": "hit",
        "description": "Number of API hits",
    }
    IMMUTABLE = ("product", "backend", "parent", "system_name")
    TAKEN_FIELD = {
        "metric_product_system_name": "system_name",
        "metric_backend_system_name": "system_name",
        "metric_product_friendly_name": "friendly_name",
        "metric_backend_friendly_name": "friendly_name",
    }

    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="metrics"
    )
    backend = models.ForeignKey(
        Backend, models.CASCADE, null=True, blank=True, related_name="metrics"
    )
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="methods"
    )
    friendly_name = text()
    system_name = text(blank=True)
    unit = text(blank=True)
    description = models.TextField(blank=True)

    class Meta(CatalogModel.Meta):
        constraints = [
            exactly_one_owner("metric_one_owner"),
            unique("product", "system_name", name="metric_product_system_name"),
            unique("backend", "system_name", name="metric_backend_system_name"),
            unique("product", "friendly_name", name="metric_product_friendly_name"),
            unique("backend", "friendly_name", name="metric_backend_friendly_name"),
        ]

    def __str__(self) -> str:
        return self.friendly_name

    @property
    def owner(self) -> Product | Backend:
        """The product or the backend whose calls it counts."""
        owner = self.product or self.backend
        assert owner is not None, "the database lets no metric be without an owner"
        return owner

    @property
    def is_method(self) -> bool:
        return self.parent_id is not None

    @property
    def is_hits(self) -> bool:
        """Whether it counts every call of its owner."""
        return self.parent_id is None and self.system_name == self._suffixed("hits")

    @property
    def own_name(self) -> str:
        """The system name without a backend's suffix, as a person types it."""
        return self.system_name.removesuffix(self._suffix)

    def prepare(self) -> None:
        if not self.own_name:
            self.system_name = names.from_human(
                self.friendly_name,
                "method" if self.is_method else "metric",
                taken=lambda _name: False,  # whoever repeats a name is to be told, for both names
            )
        self.system_name = self._suffixed(self.own_name)
        if self.parent is not None:
            self.unit = self.parent.unit

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        try:
            names.validate_system_name(self.own_name)
        except ValidationError as error:
            errors["system_name"] = error
        if not self.is_method and not self.unit.strip():
            errors["unit"] = BLANK
        if self.parent is not None and not self._may_be_under(self.parent):
            errors["parent"] = "You can only create methods under 'hits'"
        if errors:
            raise ValidationError(errors)

    def follow(self) -> None:
        """A method has its parent's unit."""
        if not self.is_method:
            self.methods.exclude(unit=self.unit).update(unit=self.unit)

    def _may_be_under(self, parent: "Metric") -> bool:
        same_owner = (parent.product_id, parent.backend_id) == (self.product_id, self.backend_id)
        return same_owner and parent.is_hits and parent.pk != self.pk

    @property
    def _suffix(self) -> str:
        return "" if self.backend_id is None else f".{self.backend_id}"

    def _suffixed(self, name: str) -> str:
        return name + self._suffix
