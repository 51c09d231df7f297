"""What deleting means: what is refused, and what goes or moves along. Holds on every path."""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete, pre_delete

from tallygate.catalog import publish
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models.backend import BackendUsage, drop_terms
from tallygate.catalog.models.mapping_rule import MappingRule, close_gap
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.product import Product


def connect() -> None:
    """Called once, when the catalog is ready."""
    pre_delete.connect(_keep_hits, sender=Metric, dispatch_uid="catalog.keep_hits")
    post_delete.connect(_pass_default_on, sender=Product, dispatch_uid="catalog.pass_default_on")
    post_delete.connect(_drop_terms, sender=BackendUsage, dispatch_uid="catalog.drop_terms")
    post_delete.connect(_close_gap, sender=MappingRule, dispatch_uid="catalog.close_gap")


def _keep_hits(instance: Metric, origin: models.Model | models.QuerySet[Any], **_: Any) -> None:
    """Unless it goes because its owner goes."""
    asked_for = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    if asked_for is Metric and instance.is_hits:
        raise DeletionRefused("The Hits metric cannot be deleted")


def _pass_default_on(instance: Product, **_: Any) -> None:
    """The provider's next product becomes the one that is meant by calls which name none."""
    heir = Product.objects.filter(provider_id=instance.provider_id).order_by("pk").first()
    if heir is not None:
        publish.created(Product, [heir.pk])


def _drop_terms(instance: BackendUsage, **_: Any) -> None:
    drop_terms(instance)


def _close_gap(instance: MappingRule, **_: Any) -> None:
    close_gap(instance)
