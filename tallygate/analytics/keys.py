"""By whom: what lines are split by, as the history groups it and as the catalog names it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tallygate.analytics.consumers import known
from tallygate.analytics.scope import Scope
from tallygate.catalog.access import number_of
from tallygate.catalog.models import Account, Application, ApplicationPlan, Product
from tallygate.history import Consumer, Split

SPLITS = ("product", "application", "account", "plan")
_GROUPED = ("account", "plan")


@dataclass(frozen=True, slots=True)
class Key:
    """One of what lines are split by. What they are not split by is None, and so is what exists no more.

    Attributes:
        consumer: The application as the history names it, whether it exists or not.
        service_id: The product likewise.
    """

    product: Product | None = None
    application: Application | None = None
    account: Account | None = None
    plan: ApplicationPlan | None = None
    consumer: Consumer | None = None
    service_id: str | None = None


@dataclass(frozen=True)
class Keys:
    """
    Attributes:
        by: Of `SPLITS`.
    """

    scope: Scope
    by: tuple[str, ...]

    @property
    def split(self) -> tuple[Split, ...]:
        """The names that a key has in the history. Accounts and plans of applications follow from these."""
        if "application" in self.by:
            return ("product", "application")
        product: tuple[Split, ...] = ("product",) if "product" in self.by else ()
        return (*product, "group") if self._grouped else product

    @property
    def _grouped(self) -> tuple[str, ...]:
        return tuple(name for name in _GROUPED if name in self.by)

    @cached_property
    def groups(self) -> Mapping[Consumer, str]:
        """The account or the plan of each application, or both, as one text."""
        if "group" not in self.split:
            return {}
        columns = [f"{name}_id" for name in self._grouped]
        rows = self.scope.existing.values_list("product_id", "application_id", *columns)
        return {
            Consumer(str(product), application): " ".join(map(str, ids))
            for product, application, *ids in rows
        }

    def named(self, all_names: Sequence[tuple[str, ...]]) -> list[tuple[tuple[str, ...], Key]]:
        """The keys that have these names in the history."""
        if "application" in self.by:
            return self._applications(all_names)
        products = {each.service_id: each for each in self.scope.products}
        groups = [self._ids(names[-1]) for names in all_names] if self._grouped else []
        records = {name: self._records(name, groups) for name in self._grouped}
        keys = []
        for place, names in enumerate(all_names):
            given: dict[str, Any] = {
                name: records[name].get(groups[place].get(name)) for name in self._grouped
            }
            if "product" in self.by:
                given |= {"service_id": names[0], "product": products.get(names[0])}
            keys.append((names, Key(**given)))
        return keys

    def _applications(
        self, all_names: Sequence[tuple[str, ...]]
    ) -> list[tuple[tuple[str, ...], Key]]:
        products = {each.service_id: each for each in self.scope.products}
        found = known(Consumer(*names) for names in all_names)
        keys = []
        for names in all_names:
            consumer = Consumer(*names)
            one = found.get(consumer)
            given: dict[str, Any] = {
                "application": one,
                "account": one and one.account,
                "plan": one and one.plan,
            }
            product = products.get(consumer.product)
            keys.append((names, Key(product, consumer=consumer, service_id=consumer.product, **given)))  # fmt: skip
        return keys

    def _ids(self, group: str) -> dict[str, int | None]:
        """Of what the group is; of the applications in none, nothing."""
        numbers = [number_of(text) for text in group.split(" ")]
        return dict(zip(self._grouped, numbers, strict=False))

    def _records(self, name: str, groups: Sequence[Mapping[str, int | None]]) -> dict[Any, Any]:
        wanted = {ids.get(name) for ids in groups} - {None}
        model: Any = Account if name == "account" else ApplicationPlan
        return dict(model.objects.in_bulk(wanted))
