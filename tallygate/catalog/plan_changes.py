"""Which plan an application is under: changed, made its own, given back; and plans made after others."""

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction

from tallygate.catalog import audit
from tallygate.catalog.models import (
    Application,
    ApplicationPlan,
    Limit,
    PlanFeature,
    PlanMetric,
    PricingRule,
)

_COPIED = ("description", "setup_fee", "cost_per_month", "trial_period_days",
           "cancellation_period", "approval_required", "buyers_see_analytics")  # fmt: skip


def change_plan(application: Application, plan: ApplicationPlan) -> ApplicationPlan:
    """Puts the application under the plan; a plan that was its own alone goes.

    Raises:
        ValidationError: The plan is of another product.
    """
    with transaction.atomic():
        left = application.plan
        application.plan = plan
        application.save()
        if left.is_custom and left.pk != plan.pk:
            left.delete()
    return plan


def customize_plan(application: Application) -> ApplicationPlan:
    """A copy of its plan, with all terms, for this application alone.

    Raises:
        ValidationError: It has one already.
    """
    original = application.plan
    if original.is_custom:
        raise ValidationError({"plan": "is customized already"})
    with transaction.atomic():
        plan = ApplicationPlan.objects.create(
            product=original.product,
            original=original,
            name=f"{original.name[:240]} (custom)",
            system_name=f"{original.system_name[:200]}_custom_{secrets.token_hex(6)}",
            **{name: getattr(original, name) for name in _COPIED},
        )
        with audit.implied():
            _copy_terms(original, plan)
        application.plan = plan
        application.save()
    return plan


def decustomize_plan(application: Application) -> ApplicationPlan:
    """Puts it back under the plan of which it had a copy.

    Raises:
        ValidationError: It has no plan of its own.
    """
    original = application.plan.original
    if original is None:
        raise ValidationError({"plan": "is not customized"})
    return change_plan(application, original)


def copy_plan(original: ApplicationPlan) -> ApplicationPlan:
    """A hidden plan with the same terms, under a name of its own."""
    with transaction.atomic():
        plan = ApplicationPlan.objects.create(
            product=original.product,
            name=f"{original.name[:240]} (copy)",
            **{name: getattr(original, name) for name in _COPIED},
        )
        with audit.implied():
            _copy_terms(original, plan)
    return plan


def _copy_terms(original: ApplicationPlan, plan: ApplicationPlan) -> None:
    for kind in (Limit, PricingRule, PlanMetric, PlanFeature):
        terms = list(kind.objects.filter(plan=original))
        for term in terms:
            term.pk, term.plan = None, plan
            term._state.adding = True
        kind.objects.bulk_create(terms)
