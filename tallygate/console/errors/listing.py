"""The errors as a list: searched, filtered, sorted and paged like the lists of records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Page
from django.db.models import Q
from django.http import QueryDict

from tallygate.catalog.models import Product
from tallygate.console.listing import Column, Filter, Listing, Searched
from tallygate.integration_errors.record import Context, Group

READ = 10_000
"""So many kinds of errors are looked at, the newest: as many as a person can go through, and quick to read."""

TIME = Column("Last", "time", "last_ms")
ERROR = Column("Error", "code", "code")
PRODUCT = Column("Product", "product", "product", wide=True)
COUNT = Column("Times", "count", "count", number=True)
FIRST = Column("First", "first", "first_ms", wide=True)

WITHIN = {"1h": ("Last hour", 3_600), "24h": ("Last 24 hours", 86_400), "7d": ("Last 7 days", 604_800)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of error of one product, as a page shows it."""

    group: Group
    product: Product

    @property
    def context(self) -> Context:
        return self.group.context

    @property
    def first_at(self) -> datetime:
        return datetime.fromtimestamp(self.group.first_ms / 1000, UTC)

    @property
    def last_at(self) -> datetime:
        return datetime.fromtimestamp(self.group.last_ms / 1000, UTC)

    @property
    def call(self) -> list[tuple[str, str]]:
        """What is known of a recent call, with its name; what is not known is left out."""
        context = self.context
        given = [
            ("Endpoint", f"{context.method} {context.endpoint}"),
            ("Metric", context.metric),
            ("Application", context.credential),
            ("From", context.client),
            ("User agent", context.user_agent),
            ("Request id", context.request_id),
        ]
        return [(name, text) for name, text in given if text]

    def text(self) -> str:
        """All that a search looks at, in lower case."""
        context, parameters = self.context, self.context.parameters
        parts = [
            self.group.code, self.group.message, self.product.name, context.endpoint,
            context.client, context.user_agent, context.request_id, context.credential,
            context.metric, *(f"{name}={value}" for name, value in parameters.items()),
        ]  # fmt: skip
        return "\n".join(parts).casefold()


_BY: Mapping[str, Callable[[Row], Any]] = {
    "last_ms": lambda row: row.group.last_ms,
    "code": lambda row: (row.group.code, row.group.message),
    "product": lambda row: (row.product.name.casefold(), row.product.pk),
    "count": lambda row: row.group.count,
    "first_ms": lambda row: row.group.first_ms,
}


class ErrorListing(Listing):
    """A page of the errors that match; the newest first unless sorted otherwise.

    Attributes:
        any: Whether there are any, whatever is searched for.
        matching: All that match, in their order.
    """

    def __init__(self, query: QueryDict, rows: Sequence[Row], now_ms: int, of_one: bool) -> None:
        """
        Args:
            of_one: Whether they are of one product, which then need not be named.
        """
        self._now_ms = now_ms
        self.any = bool(rows)
        self.matching: list[Row] = []
        filters = (
            Filter("code", "Code", _codes(rows), lambda _: Q()),
            Filter("within", "Time", [(name, label) for name, (label, _) in WITHIN.items()], lambda _: Q()),
        )  # fmt: skip
        super().__init__(
            query,
            rows,  # type: ignore[arg-type]
            [TIME, ERROR, *([] if of_one else [PRODUCT]), COUNT, FIRST],
            noun="kind of error",
            plural="kinds of errors",
            search=("text",),
            filters=filters,
            order="-time",
        )

    @property
    def times(self) -> int:
        """How often what matches has happened."""
        return sum(row.group.count for row in self.matching)

    def _paged(
        self, found: Sequence[Row], search: Sequence[Searched], per_page: int
    ) -> tuple[Page[Row], list[Row]]:
        self.matching = self._arranged(found)
        page = self._page_of(self.matching, per_page)
        return page, list(page)

    def _arranged(self, found: Sequence[Row]) -> list[Row]:
        """Those that match, in their order."""
        chosen = {choice.filter.name: choice.value for choice in self.choices}
        wanted, code = self.q.casefold(), chosen["code"]
        since_ms = self._now_ms - WITHIN[chosen["within"]][1] * 1000 if chosen["within"] else 0
        matching = [
            row
            for row in found
            if (not code or row.group.code == code)
            and row.group.last_ms >= since_ms
            and (not wanted or wanted in row.text())
        ]
        name, descending = self._sort.removeprefix("-"), self._sort.startswith("-")
        by = next(column.by for column in self._columns if column.sort == name)
        return sorted(matching, key=_BY[by], reverse=descending)


def _codes(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The codes that there are, each with the number of its kinds."""
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row.group.code] = kinds.get(row.group.code, 0) + 1
    return [(code, f"{code} ({count:,})") for code, count in sorted(kinds.items())]
