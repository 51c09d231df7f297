"""Lines of a ranking with the names that people know them by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from tallygate.analytics.consumers import known
from tallygate.catalog.access import number_of
from tallygate.catalog.models import Application, Product
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Cell, Column
from tallygate.history import Consumer, Place, Split


@dataclass(frozen=True, slots=True)
class Item:
    """
    Attributes:
        key: By which files name it.
        number: What its colour depends on.
        name: '' where it exists no more.
        cells: What the table tells of it besides; names: the same for files.
    """

    place: Place
    key: str
    number: int
    name: str
    url: str
    cells: tuple[Cell, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.name or f"{self.key} (deleted)"


@dataclass(frozen=True, slots=True)
class Ranked:
    """What is ranked.

    Attributes:
        noun: What one of them is called; `plural`: many.
        split: By what lines are told apart.
        details: What is told of each besides its name: as files call it, and the column of the table.
        items: Names for places.
    """

    noun: str
    plural: str
    split: tuple[Split, ...]
    details: Callable[[Asked], Mapping[str, Column]]
    items: Callable[[Asked, Sequence[Place]], list[Item]]

    def dimension(self, asked: Asked) -> tuple[str, ...]:
        """The columns of files that tell them apart."""
        return (self.noun, f"{self.noun}_name", *self.details(asked))


_DETAILS = {
    "account": Column("Account", wide=True),
    "plan": Column("Plan", wide=True),
    "product": Column("Product", wide=True),
}


def _details(asked: Asked) -> dict[str, Column]:
    """What the page is about itself is not told again in each row."""
    about = asked.subject.records
    return {noun: column for noun, column in _DETAILS.items() if noun not in about}


def _applications(asked: Asked, places: Sequence[Place]) -> list[Item]:
    consumers = [Consumer(*place.names) for place in places]
    records = known(consumers)
    return [
        _application(asked, place, consumer, records.get(consumer))
        for place, consumer in zip(places, consumers, strict=True)
    ]


def _application(asked: Asked, place: Place, consumer: Consumer, found: Application | None) -> Item:
    details = _details(asked)
    if found is None:
        unknown = {"product": consumer.product}
        names = ("", *(unknown.get(noun, "") for noun in details))
        return Item(place, consumer.application, 0, "", "", (Cell(),) * len(details), names)
    account, plan, product = found.account, found.plan, found.product
    url = reverse("console:application-traffic", args=[found.pk]) + asked.url_for(("metric",))
    sees_accounts = asked.subject.principal.may("see_accounts")
    of_account = reverse("console:account-traffic", args=[account.pk]) if sees_accounts else ""
    told = {
        "account": (Cell(account.org_name, of_account), account.org_name),
        "plan": (Cell(plan.name), plan.name),
        "product": (Cell(product.name), product.system_name),
    }
    cells = tuple(told[noun][0] for noun in details)
    names = (found.name, *(told[noun][1] for noun in details))
    return Item(place, consumer.application, found.pk, found.name, url, cells, names)


APPLICATIONS = Ranked(
    "application", "applications", ("product", "application"), _details, _applications
)


def _products(asked: Asked, places: Sequence[Place]) -> list[Item]:
    numbers = [number_of(place.names[0]) for place in places]
    found = {
        each.service_id: each for each in Product.objects.filter(pk__in=[n for n in numbers if n])
    }
    backend = asked.subject.records["backend"]
    using = set(backend.usages.values_list("product_id", flat=True))
    query = asked.url(top="", page="", metric=asked.measure.key)
    items = []
    for place in places:
        product = found.get(place.names[0])
        if product is None:
            items.append(Item(place, place.names[0], 0, "", "", (), ("",)))
            continue
        url = reverse("console:traffic", args=[product.pk]) + query if product.pk in using else ""
        items.append(Item(place, product.system_name, product.pk, product.name, url, (), (product.name,)))  # fmt: skip
    return items


PRODUCTS = Ranked("product", "products", ("product",), lambda asked: {}, _products)
