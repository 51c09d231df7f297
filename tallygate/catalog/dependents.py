"""What depends on a record: what goes along when it is deleted, and what keeps it from being deleted.

What is told here is what `deletion` and the records' own rules do; it is asked beforehand, so that a
person knows. Counting is all that is done: a few statements, whatever there is.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet

from tallygate.catalog.deletion import is_last, why_kept
from tallygate.catalog.models import (
    Account,
    ApplicationPlan,
    Backend,
    BackendUsage,
    Limit,
    Metric,
    PricingRule,
    Product,
    User,
)

LAST_PRODUCT = "The last product stays: gateways and scripts that name none mean it."
LAST_ADMIN = "The last active admin stays: nobody else could let others in."
NAMED = 5
"""How many of the records that stand against it are named."""


class Some(NamedTuple):
    """Records of one kind.

    Attributes:
        noun: What one of them is called.
        tail: What stands behind the noun.
        names: Of the first of them, where it matters which they are.
    """

    count: int
    noun: str
    tail: str = ""
    names: tuple[str, ...] = ()


class Dependents(NamedTuple):
    """
    Attributes:
        goes: What is deleted along.
        keeps: What must be gone first.
        refusal: Why it cannot be deleted, whatever goes first; '' where it can.
    """

    goes: tuple[Some, ...] = ()
    keeps: tuple[Some, ...] = ()
    refusal: str = ""

    @property
    def stands_against_it(self) -> bool:
        """Whether deleting it would be refused."""
        return bool(self.keeps or self.refusal)


NOTHING = Dependents()


def of(record: Model) -> Dependents:
    """What depends on the record. Records of other kinds than those of this module have nothing."""
    find = _OF.get(type(record))
    return find(record) if find else NOTHING


def _of_product(product: Product) -> Dependents:
    return Dependents(
        _some(
            (product.applications, "application"),
            (product.application_plans, "application plan"),
            (product.metrics.filter(parent=None), "metric"),
            (product.metrics.exclude(parent=None), "method"),
            (product.mapping_rules, "mapping rule"),
            (product.backend_usages, "backend usage"),
            (product.proxy_configs, "configuration version"),
        ),
        refusal=LAST_PRODUCT if is_last(product) else "",
    )


def _of_backend(backend: Backend) -> Dependents:
    users = backend.usages.select_related("product").order_by("product__name")
    return Dependents(
        _some(
            (backend.metrics.filter(parent=None), "metric"),
            (backend.metrics.exclude(parent=None), "method"),
            (backend.mapping_rules, "mapping rule"),
        ),
        _named(users, "product", " using it", lambda usage: str(usage.product)),
    )


def _of_usage(usage: BackendUsage) -> Dependents:
    which = {"plan__product": usage.product_id, "metric__backend": usage.backend_id}
    return Dependents(
        _some(
            (Limit.objects.filter(**which), "limit"),
            (PricingRule.objects.filter(**which), "pricing rule"),
        )
    )


def _of_metric(metric: Metric) -> Dependents:
    return Dependents(
        _some(
            (metric.methods, "method"),
            (metric.mapping_rules, "mapping rule"),
            (metric.limits, "limit"),
            (metric.pricing_rules, "pricing rule"),
        ),
        refusal=why_kept(metric),
    )


def _of_plan(plan: ApplicationPlan) -> Dependents:
    users = plan.applications.model.objects.filter(Q(plan=plan) | Q(plan__original=plan))
    return Dependents(
        _some((plan.limits, "limit"), (plan.pricing_rules, "pricing rule")),
        _named(users.order_by("name", "pk"), "application", " under it", str),
    )


def _of_user(user: User) -> Dependents:
    return Dependents(
        _some((user.access_tokens, "access token")),
        refusal=LAST_ADMIN if user.is_admin and user.is_active and user.is_last_admin else "",
    )


def _of_account(account: Account) -> Dependents:
    return Dependents(_some((account.applications, "application"), (account.developers, "user")))


def _some(*found: tuple[Any, str]) -> tuple[Some, ...]:
    counted = ((records.count(), noun) for records, noun in found)
    return tuple(Some(count, noun) for count, noun in counted if count)


def _named(
    found: QuerySet[Any], noun: str, tail: str, name: Callable[[Any], str]
) -> tuple[Some, ...]:
    count = found.count()
    names = tuple(name(each) for each in found[:NAMED]) if count else ()
    return (Some(count, noun, tail, names),) if count else ()


_OF: dict[type[Model], Callable[[Any], Dependents]] = {
    Product: _of_product,
    Backend: _of_backend,
    BackendUsage: _of_usage,
    Metric: _of_metric,
    ApplicationPlan: _of_plan,
    Account: _of_account,
    User: _of_user,
}
