"""One call: who asks, which records the path names, what was given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from tallygate.api.management.parameter import Given
from tallygate.catalog.access import Forbidden, NotFound, Principal, number_of
from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationPlan,
    Backend,
    Metric,
    Product,
    User,
)
from tallygate.catalog.words import BLANK

PER_PAGE = 500
"""Records on a page unless fewer are asked for."""


@dataclass
class Call:
    """What a handler gets.

    Whatever the caller may not see is not found, with the same words as what does not exist.

    Attributes:
        ids: Placeholder of the path -> what stands there.
        given: The endpoint's parameters.
        query: All that was given, in query and body.
        form: The format of the answer.
        listener_url: Where gateways reach the listener.
    """

    asker: Principal
    ids: Mapping[str, str]
    given: Given
    query: Mapping[str, Any]
    form: str
    listener_url: str

    @cached_property
    def product(self) -> Product:
        """The product in the path."""
        return one(self.asker.products(), self.ids["service_id"])

    @cached_property
    def backend(self) -> Backend:
        return one(self.asker.backends(), self.ids["backend_api_id"])

    @cached_property
    def account(self) -> Account:
        return one(self.asker.accounts(), self.ids["account_id"])

    @cached_property
    def application(self) -> Application:
        """The application in the path, which is one of the account in the path."""
        return one(
            self.applications().filter(account=self.ids_number("account_id")),
            self.ids["application_id"],
        )

    @cached_property
    def plan(self) -> ApplicationPlan:
        """The application plan in the path, of the product in the path if there is one."""
        found = self.plans()
        if "service_id" in self.ids:
            found = found.filter(product=self.product)
        return one(found, self.ids["plan_id"])

    @cached_property
    def plan_metric(self) -> Metric:
        """The metric in the path, which is one of the plan's product or of its backends."""
        return one(self.plan.product.all_metrics(), self.ids["metric_id"])

    def applications(self) -> QuerySet[Application]:
        """Of the products that the caller may see, with all that an answer shows of them."""
        related = ("product", "account", "plan__product")
        return self.asker.applications().select_related(*related).prefetch_related("keys")

    def plans(self) -> QuerySet[ApplicationPlan]:
        """Of the products that the caller may see."""
        products = self.asker.products().order_by()
        found = ApplicationPlan.objects.filter(product__in=products)
        return found.select_related("product").order_by("pk")

    def user(self) -> User:
        """Who asks; raises Forbidden for a provider key, which is nobody's own."""
        if self.asker.user is None:
            raise Forbidden
        return self.asker.user

    def wanted(self, name: str) -> Any:
        """A parameter without which the call makes no sense.

        Raises:
            ValidationError: It is missing, or something given is wrong.
        """
        self.refuse_problems()
        if self.given.get(name) in (None, ""):
            raise ValidationError({name: BLANK})
        return self.given[name]

    def refuse_problems(self) -> None:
        """Raises ValidationError when something given is of the wrong kind or missing."""
        if self.given.problems:
            raise ValidationError(self.given.problems)

    def ids_number(self, name: str) -> int:
        """The number in the path; raises NotFound where none stands."""
        number = number_of(self.ids[name])
        if number is None:
            raise NotFound
        return number

    def page(self, found: QuerySet[Any]) -> tuple[list[Any], Mapping[str, int]]:
        """The page that was asked for (`page`, `per_page`), and where it lies among the others.

        What makes no sense is as if it had not been asked for.
        """
        number = self._whole("page", 1, None) or 1
        size = self._whole("per_page", 1, PER_PAGE) or PER_PAGE
        start = (number - 1) * size
        records: Sequence[Any] = list(found[start : start + size])
        if number == 1 and len(records) < size:
            return list(records), {}
        return list(records), _pages(found.count(), size, number)

    def _whole(self, name: str, least: int, most: int | None) -> int | None:
        number = number_of(str(self.query.get(name, "")))
        if number is None or number < least or (most is not None and number > most):
            return None
        return min(number, 10**9)


def one(found: QuerySet[Any], key: int | str) -> Any:
    """The record with this number among those found; raises NotFound where there is none."""
    number = number_of(key)
    record = None if number is None else found.filter(pk=number).first()
    if record is None:
        raise NotFound
    return record


def _pages(total: int, size: int, number: int) -> Mapping[str, int]:
    pages = -(-total // size)
    if pages <= 1:
        return {}
    return {
        "per_page": size,
        "total_entries": total,
        "total_pages": pages,
        "current_page": number,
    }
