"""What deleting means: what is refused, and what goes or moves along. Holds on every path."""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete, pre_delete

from tallygate.catalog.models.backend import BackendUsage, drop_terms
from tallygate.catalog.models.mapping_rule import MappingRule, close_gap
from tallygate.catalog.models.metric import Metric
from tallygate.catalog.models.plan import ApplicationPlan


def connect() -> None:
    """Called once, when the catalog is ready."""
    for model in (Metric, ApplicationPlan):
        pre_delete.connect(_refuse, sender=model, dispatch_uid=f"catalog.refuse.{model.__name__}")
    post_delete.connect(_drop_terms, sender=BackendUsage, dispatch_uid="catalog.drop_terms")
    post_delete.connect(_close_gap, sender=MappingRule, dispatch_uid="catalog.close_gap")


def _refuse(
    sender: type[models.Model],
    instance: Metric | ApplicationPlan,
    origin: models.Model | models.QuerySet[Any],
    **_: Any,
) -> None:
    """Asks the record itself, unless it goes because its owner goes."""
    asked_for = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    if asked_for is sender:
        instance.refuse_deletion()


def _drop_terms(instance: BackendUsage, **_: Any) -> None:
    drop_terms(instance)


def _close_gap(instance: MappingRule, **_: Any) -> None:
    close_gap(instance)
