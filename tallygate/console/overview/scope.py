"""What an overview is about: one product, or all that somebody may see."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from tallygate.catalog.access import Principal
from tallygate.catalog.models import Application, Metric, Product
from tallygate.history import Consumer, metric_series


@dataclass(frozen=True)
class Scope:
    """
    Attributes:
        of: The product that the page is about; None: all that may be seen.
        products: By their protocol ids.
        hits: The series of their hits.
        own: The top-level metrics and methods of the one product and of its backends, by their series; empty for all.
    """

    principal: Principal
    of: Product | None
    products: dict[str, Product]
    hits: tuple[str, ...]
    own: dict[str, Metric] = field(default_factory=dict)

    @property
    def services(self) -> tuple[str, ...]:
        """The protocol ids of the products."""
        return tuple(self.products)

    def query(self) -> QuerySet[Product]:
        """The same products, for the database to look up."""
        found = self.principal.products()
        return found if self.of is None else found.filter(pk=self.of.pk)


@dataclass(frozen=True, slots=True)
class Named:
    """An application as pages name it.

    Attributes:
        name: Its protocol id where it is no more.
        key: Its primary key; None where it is no more.
        account: Whose it is; '' where that is not known.
        product: None where the page is about one.
    """

    name: str
    key: int | None
    account: str
    product: Product | None


def of_provider(principal: Principal) -> Scope:
    """All products that they may see; two queries."""
    products = list(principal.products())
    found = Metric.objects.filter(
        product__in=principal.products(), parent=None, system_name="hits"
    ).order_by("pk")
    hits = tuple(metric_series(str(key)) for key in found.values_list("pk", flat=True))
    return Scope(principal, None, {each.service_id: each for each in products}, hits)


def of_product(principal: Principal, product: Product) -> Scope:
    """One product, which they may see."""
    own = {metric_series(str(metric.pk)): metric for metric in product.all_metrics()}
    hits = next(name for name, metric in own.items() if _is_own_hits(metric, product))
    return Scope(principal, product, {product.service_id: product}, (hits,), own)


def names(scope: Scope, consumers: Iterable[Consumer]) -> dict[Consumer, Named]:
    """What they are called; one query, however many there are."""
    asked = set(consumers)
    rows = Application.objects.filter(
        product__in={scope.products[each.product].pk for each in asked},
        application_id__in={each.application for each in asked},
    ).values_list("product_id", "application_id", "pk", "name", "account__org_name")
    known = {(str(row[0]), row[1]): row[2:] for row in rows}
    return {each: _named(scope, each, known.get(each)) for each in asked}


def _named(scope: Scope, consumer: Consumer, found: tuple[int, str, str] | None) -> Named:
    product = None if scope.of else scope.products[consumer.product]
    if found is None:
        return Named(consumer.application, None, "", product)
    key, name, account = found
    return Named(name, key, account, product)


def _is_own_hits(metric: Metric, product: Product) -> bool:
    return metric.product_id == product.pk and metric.is_hits
