"""Lists that are searched, sorted and paged on the server, with their state in the URL."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict

from tallygate.console.wording import counted

PER_PAGE = 25

Searched = str | Callable[[str], Q]
"""A field that holds the text, or which records a text finds."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    Attributes:
        sort: How the URL names the order by this column; '' = one cannot sort by it.
        by: The field by which it is sorted, `/` before it where capitals do not matter.
        number: Whether it holds numbers, which stand at its right.
        wide: Whether narrow screens leave it out.
    """

    label: str
    sort: str = ""
    by: str = ""
    number: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice that narrows a list down.

    Attributes:
        name: Of the parameter in the URL.
        choices: (value in the URL, label); '' = everything is not among them.
        where: Value -> which records have it.
    """

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    where: Callable[[str], Q]


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading as a template shows it.

    Attributes:
        url: Sorts by it, or the other way round; '' = one cannot.
        sorted: 'ascending', 'descending', or '' where another column decides.
    """

    column: Column
    url: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter as a template shows it."""

    filter: Filter
    value: str


class Listing:
    """One page of what was asked for; asks the database twice, whatever there is.

    Attributes:
        q: What is searched for.
        page: Of Django's paginator; a page that is not there is the nearest.
        rows: What a template shows, one for each record of the page: the records, unless a view
            puts something else there.
    """

    def __init__(
        self,
        query: QueryDict,
        found: QuerySet[Any],
        columns: Sequence[Column],
        *,
        noun: str,
        plural: str = "",
        search: Sequence[Searched] = (),
        filters: Iterable[Filter] = (),
        order: str = "name",
        unsorted: Sequence[Any] = ("pk",),
        per_page: int = PER_PAGE,
    ) -> None:
        """
        Args:
            query: `q`, `sort`, `page` and the filters' names.
            columns: In which order they stand; the primary key decides between equals.
            noun: What one of them is called; `plural` many, where an `s` is not enough.
            search: The fields of which one must hold what is searched for, or what else finds it.
            order: `sort` unless another is asked for; '' = none.
            unsorted: The order where no column decides; at first that in which they were made.
        """
        self._noun, self._plural = noun, plural
        self._unsorted = unsorted
        self._query = query
        self._columns = columns
        self._searched = bool(search)
        self.q = query.get("q", "").strip() if search else ""
        self.choices = [Choice(each, _value(each, query)) for each in filters]
        self._sort = self._known(query.get("sort", "")) or order
        self.page: Page[Any]
        self.records: list[Any]
        self.page, self.records = self._paged(found, search, per_page)
        self.rows: Sequence[Any] = self.records

    @property
    def found(self) -> str:
        """How many there are: '12 products'."""
        return counted(self.page.paginator.count, self._noun, self._plural)

    @property
    def narrowed(self) -> bool:
        """Whether something was searched for, so that there may be more."""
        return bool(self.q) or any(choice.value for choice in self.choices)

    @property
    def searchable(self) -> bool:
        """Whether there is something to search by."""
        return self._searched or bool(self.choices)

    @property
    def searched(self) -> bool:
        """Whether there is a field for a text."""
        return self._searched

    @property
    def sort(self) -> str:
        """The order, where the URL names it."""
        return self._query.get("sort", "") if self._known(self._query.get("sort", "")) else ""

    @property
    def heads(self) -> Iterator[Head]:
        """The headings, each with the link that sorts by it."""
        name, descending = self._sort.removeprefix("-"), self._sort.startswith("-")
        for column in self._columns:
            is_this = bool(column.sort) and column.sort == name
            other_way = f"-{column.sort}" if is_this and not descending else column.sort
            sorted_ = ("descending" if descending else "ascending") if is_this else ""
            yield Head(column, self._url(sort=other_way, page="") if column.sort else "", sorted_)

    @property
    def previous_url(self) -> str:
        return self._url(page=str(self.page.previous_page_number()))

    @property
    def next_url(self) -> str:
        return self._url(page=str(self.page.next_page_number()))

    def _url(self, **changed: str) -> str:
        kept = self._query.copy()
        for name, value in changed.items():
            kept[name] = value
        for name in [name for name, value in kept.items() if not value]:
            del kept[name]
        return f"?{kept.urlencode()}"

    def _known(self, sort: str) -> str:
        names = {column.sort for column in self._columns if column.sort}
        return sort if sort.removeprefix("-") in names else ""

    def _paged(
        self, found: Any, search: Sequence[Searched], per_page: int
    ) -> tuple[Page[Any], list[Any]]:
        """The page that is asked for, of those that match, and its records."""
        arranged = self._narrowed(found, search).order_by(*self._order())
        page = self._page_of(arranged.values_list("pk", flat=True), per_page)
        return page, _records(arranged, list(page))

    def _page_of(self, listed: Any, per_page: int) -> Page[Any]:
        return Paginator(listed, per_page).get_page(self._query.get("page"))

    def _narrowed(self, found: QuerySet[Any], search: Sequence[Searched]) -> QuerySet[Any]:
        if "\0" in self.q:  # no text has it, and databases choke on it
            return found.none()
        for choice in self.choices:
            if choice.value:
                found = found.filter(choice.filter.where(choice.value))
        if not self.q:
            return found
        where = Q()
        for field in search:
            where |= field(self.q) if callable(field) else Q(**{f"{field}__icontains": self.q})
        return found.filter(where)

    def _order(self) -> list[Any]:
        name, descending = self._sort.removeprefix("-"), self._sort.startswith("-")
        column = next((each for each in self._columns if name and each.sort == name), None)
        if column is None:
            return list(self._unsorted)
        folded = column.by.startswith("/")
        by = Lower(column.by[1:]) if folded else F(column.by)
        return [by.desc() if descending else by.asc(), "-pk" if descending else "pk"]


def _records(found: QuerySet[Any], keys: list[int]) -> list[Any]:
    """In the order of the keys. By them alone: whole rows would have to be sorted up to the page that is shown."""
    by_key = found.order_by().in_bulk(keys)
    return [by_key[key] for key in keys if key in by_key]


def _value(filter: Filter, query: QueryDict) -> str:
    value = query.get(filter.name, "")
    return value if value in dict(filter.choices) else ""
