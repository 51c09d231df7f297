"""Whose: the products, the backend and the applications that a question is about. Nothing that the asker may not see."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from tallygate.analytics.parameters import Parameters
from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.models import Application, ApplicationPlan, Backend, Metric, Product
from tallygate.domain.errors import QuestionError
from tallygate.history import Consumer

NAMES = ("product", "backend", "application", "account", "plan")


@dataclass(frozen=True)
class Scope:
    """Whose usage is asked for.

    Attributes:
        products: Those that were chosen; all that may be seen unless some were.
        backend: Whose metrics are counted; None: those of the products, and of the backends that they use.
        applications: Those that were chosen, of these products; None: all, and those that exist no more.
        anywhere: Whether what was counted in other products belongs to it too: of a backend, for who may see all.
    """

    products: tuple[Product, ...]
    backend: Backend | None = None
    applications: QuerySet[Application] | None = None
    anywhere: bool = False

    @cached_property
    def service_ids(self) -> tuple[str, ...] | None:
        """The products as the history names them; None: all."""
        return None if self.anywhere else tuple(each.service_id for each in self.products)

    @cached_property
    def among(self) -> tuple[Consumer, ...] | None:
        """The chosen applications as the history names them; None: all."""
        if self.applications is None:
            return None
        rows = self.applications.values_list("product_id", "application_id")
        return tuple(Consumer(str(product), application) for product, application in rows)

    @property
    def existing(self) -> QuerySet[Application]:
        """The applications that there are in it."""
        if self.applications is not None:
            return self.applications
        return Application.objects.filter(product__in=[each.pk for each in self.products]).order_by(
            "pk"
        )

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """All that can be counted in it: the products' own first."""
        if self.backend is not None:
            return tuple(Metric.objects.filter(backend=self.backend).order_by("pk"))
        chosen = [each.pk for each in self.products]
        used = Backend.objects.filter(usages__product__in=chosen).values("pk")
        return tuple(
            Metric.objects.filter(Q(product__in=chosen) | Q(backend__in=used)).order_by(
                "backend", "pk"
            )
        )

    def named(self, name: str) -> tuple[Metric, ...]:
        """The metrics of this system name, at most one of each product; a backend's also without its suffix.

        Raises:
            QuestionError: There is none.
        """
        names = {name} if self.backend is None else {name, f"{name}.{self.backend.pk}"}
        found = tuple(each for each in self.metrics if each.system_name in names)
        if not found:
            raise QuestionError(f"metric {name} not found")
        return found


def read(given: Parameters, asker: Principal) -> Scope:
    """The scope that the parameters ask for: all that the asker may see unless they name something.

    Raises:
        QuestionError: They name something that does not exist, or that the asker may not see.
    """
    products = _products(given.many("product"), asker)
    backend = _backend(given.one("backend"), asker)
    anywhere = backend is not None and not given.many("product") and asker.product_ids is None
    return Scope(products, backend, _applications(given, asker, products), anywhere)


def _products(names: Iterable[str], asker: Principal) -> tuple[Product, ...]:
    """By number or system name."""
    visible = tuple(asker.products())
    by_name = {each.system_name: each for each in visible} | {str(p.pk): p for p in visible}
    for name in names:
        if name not in by_name:
            raise QuestionError(f"product {name} not found")
    return tuple(dict.fromkeys(by_name[name] for name in names)) or visible


def _backend(name: str | None, asker: Principal) -> Backend | None:
    if name is None:
        return None
    number = number_of(name)
    same = Q(system_name=name) if number is None else Q(pk=number)
    found = asker.backends().filter(same).first()
    if found is None:
        raise QuestionError(f"backend {name} not found")
    return found


def _applications(
    given: Parameters, asker: Principal, products: tuple[Product, ...]
) -> QuerySet[Application] | None:
    """All conditions hold together."""
    visible = asker.applications()
    plans = ApplicationPlan.objects.filter(product__in=asker.products())
    chosen = {
        "pk": _numbers("application", given, visible),
        "account": _numbers("account", given, asker.accounts()),
        "plan": _numbers("plan", given, plans),
    }
    conditions = {f"{name}__in": numbers for name, numbers in chosen.items() if numbers}
    if not conditions:
        return None
    of_products = visible.filter(product__in=[each.pk for each in products])
    return of_products.filter(**conditions).order_by("pk")


def _numbers(name: str, given: Parameters, visible: QuerySet[Any]) -> list[int]:
    numbers = {text: number_of(text) for text in given.many(name)}
    found = set(visible.filter(pk__in=[n for n in numbers.values() if n is not None]).values_list("pk", flat=True))  # fmt: skip
    for text, number in numbers.items():
        if number not in found:
            raise QuestionError(f"{name} {text} not found")
    return sorted(found)
