"""Whether a plan lets a metric be used and seen."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from tallygate.catalog.models import ApplicationPlan, Limit, Metric, PlanMetric
from tallygate.registry.records import PERIODS

ALL_LIMITED = "Metric cannot be disabled. Please contact support."


def shown(plan: ApplicationPlan, metric: Metric) -> PlanMetric:
    """How the plan shows the metric; not saved where it is as by default."""
    return plan.plan_metrics.filter(metric=metric).first() or PlanMetric(plan=plan, metric=metric)


def seen(plan: ApplicationPlan) -> QuerySet[Metric]:
    """The metrics, of the product and of its backends, that the plan lets developers see: neither hidden nor forbidden."""
    hidden = plan.plan_metrics.filter(visible=False).values("metric")
    forbidden = plan.limits.filter(value=0).values("metric")
    return plan.product.all_metrics().exclude(pk__in=hidden).exclude(pk__in=forbidden)


def is_enabled(plan: ApplicationPlan, metric: Metric) -> bool:
    """Whether no limit forbids it altogether."""
    return not plan.limits.filter(metric=metric, value=0).exists()


def enable(plan: ApplicationPlan, metric: Metric) -> None:
    """Takes away the limits that forbid the metric."""
    with transaction.atomic():
        plan.limits.filter(metric=metric, value=0).delete()


def disable(plan: ApplicationPlan, metric: Metric) -> None:
    """Forbids the metric by a limit of nought, in the first period that has no limit yet.

    Raises:
        ValidationError: All periods have one.
    """
    with transaction.atomic():
        if not is_enabled(plan, metric):
            return
        taken = set(plan.limits.filter(metric=metric).values_list("period", flat=True))
        free = next((period for period in PERIODS if period not in taken), None)
        if free is None:
            raise ValidationError({"enabled": ALL_LIMITED})
        Limit.objects.create(plan=plan, metric=metric, period=free, value=0)
