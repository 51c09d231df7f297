"""What deleting means: what is refused, and what goes or moves along. Holds on every path."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import post_delete, pre_delete

from tallygate.catalog import publish
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models.backend import BackendUsage, drop_terms
from tallygate.catalog.models.mapping_rule import MappingRule, close_gap
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.product import Product
from tallygate.catalog.models.proxy_config import ProxyConfig
from tallygate.catalog.models.user import User


def connect() -> None:
    """Called once, when the catalog is ready."""
    pre_delete.connect(_keep_metric, sender=Metric, dispatch_uid="catalog.keep_metric")
    pre_delete.connect(_keep_admin, sender=User, dispatch_uid="catalog.keep_admin")
    post_delete.connect(_pass_default_on, sender=Product, dispatch_uid="catalog.pass_default_on")
    post_delete.connect(_drop_terms, sender=BackendUsage, dispatch_uid="catalog.drop_terms")
    post_delete.connect(_close_gap, sender=MappingRule, dispatch_uid="catalog.close_gap")


LAST_PRODUCT = "This service cannot be removed"


def delete_product(product: Product) -> None:
    """Deletes a product with all that hangs on it.

    Raises:
        ValidationError: It is the provider's last: gateways and scripts that name none mean it.
    """
    if is_last(product):
        raise ValidationError(LAST_PRODUCT)
    product.delete()


def is_last(product: Product) -> bool:
    """Whether the provider has no other product."""
    others = Product.objects.filter(provider=product.provider_id).exclude(pk=product.pk)
    return not others.exists()


def why_kept(metric: Metric) -> str:
    """Why a metric cannot be deleted as long as its owner stays; '' where it can."""
    if metric.is_hits:
        return "The Hits metric cannot be deleted"
    if _is_deployed(metric):
        kind = "Method" if metric.is_method else "Metric"
        return f"{kind} is used by the latest gateway configuration and cannot be deleted"
    return ""


def _keep_metric(instance: Metric, origin: models.Model | models.QuerySet[Any], **_: Any) -> None:
    """Hits, and what gateways count on, stay as long as their owner does."""
    if not _asked_for(Metric, origin):
        return
    reason = why_kept(instance)
    if reason:
        raise DeletionRefused(reason)


def _is_deployed(metric: Metric) -> bool:
    """Whether a rule of the newest configuration of some environment counts on it."""
    which = (
        {"product": metric.product_id}
        if metric.product_id is not None
        else {"product__provider": metric.owner.provider_id}
    )
    deployed = ProxyConfig.latest(**which).values_list("metric_ids", flat=True)
    return any(metric.pk in metric_ids for metric_ids in deployed)


def _keep_admin(instance: User, origin: models.Model | models.QuerySet[Any], **_: Any) -> None:
    if not _asked_for(User, origin):
        return
    if instance.is_admin and instance.is_active and instance.is_last_admin:
        raise DeletionRefused("The last admin cannot be deleted")


def _asked_for(kind: type[models.Model], origin: models.Model | models.QuerySet[Any]) -> bool:
    """Whether records of this kind are to go; else they go because their owner goes."""
    return (origin.model if isinstance(origin, models.QuerySet) else type(origin)) is kind


def _pass_default_on(instance: Product, **_: Any) -> None:
    """The provider's next product becomes the one that is meant by calls which name none."""
    heir = Product.objects.filter(provider_id=instance.provider_id).order_by("pk").first()
    if heir is not None:
        publish.created(Product, [heir.pk])


def _drop_terms(instance: BackendUsage, **_: Any) -> None:
    drop_terms(instance)


def _close_gap(instance: MappingRule, **_: Any) -> None:
    close_gap(instance)
