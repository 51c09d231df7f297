"""From a call to a question, and to the pages of its answer."""

from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec

from tallygate.analytics import counted, cursor, frame, keys, scope
from tallygate.analytics.cursor import Cursor, Whole
from tallygate.analytics.report import Page, Query, Report, answer
from tallygate.api.v1 import records
from tallygate.api.v1.answers import FORMAT, Call
from tallygate.api.v1.tables import Column
from tallygate.domain.calendar import Granularity
from tallygate.domain.errors import QuestionError
from tallygate.history import Order, Place
from tallygate.web import runtime

SPLITS = (*keys.SPLITS, *counted.SPLITS)
ORDERS: tuple[Order, ...] = ("total", "growth", "silence")
NAMES = (*scope.NAMES, *counted.NAMES, *frame.NAMES, "split", "order", "limit", "cursor")
PAGE, LONGEST_PAGE, PART = 100, 1_000, 500
"""Keys on a page unless told otherwise, and at most; and in a part of a file, which has all of them."""


class _After(msgspec.Struct, frozen=True, array_like=True):
    """A place, as a cursor holds it."""

    names: Annotated[tuple[str, ...], msgspec.Meta(max_length=4)]
    total: Whole
    previous_total: Whole


class Asked:
    """A question with its pages.

    Attributes:
        splits: What its lines are split by, of `SPLITS`.
    """

    def __init__(self, call: Call, granularity: Granularity | None = None) -> None:
        """
        Args:
            granularity: Instead of the one that is asked for.

        Raises:
            QuestionError: The parameters make no sense.
        """
        given = call.given
        self._limit = given.number("limit", 1, LONGEST_PAGE)
        self._question = cursor.question_of(given.fingerprint("cursor", "limit", FORMAT))
        text = given.one("cursor")
        found = cursor.read(text, _After, self._question) if text is not None else None
        self._now_s = found.now_s if found else call.now_s
        self._after = Place(*msgspec.structs.astuple(found.after)) if found else None
        self.splits = given.choices("split", SPLITS)
        self.query = self._query(call, granularity)
        if self._after is not None and len(self._after.names) != len(self._keys.split):
            raise QuestionError("This is no cursor of this question")

    def _query(self, call: Call, granularity: Granularity | None) -> Query:
        given, asker = call.given, call.asker
        whose = scope.read(given, asker)
        what = counted.read(given, whose, [s for s in self.splits if s in counted.SPLITS])
        by = tuple(split for split in keys.SPLITS if split in self.splits)
        order = next((o for o in ORDERS if o == given.choice("order", ORDERS)), ORDERS[0])
        when = frame.read(
            given,
            asker.provider.time_zone,
            self._now_s,
            by_minute=not what.by_quarter,
            granularity=granularity,
        )
        if order != "total" and when.compare is None:
            raise QuestionError(f"order {order} needs compare")
        if order != "total" and not by:
            raise QuestionError(f"order {order} needs a split by {', '.join(keys.SPLITS)}")
        return Query(when, whose, what, by, order)

    @property
    def _keys(self) -> keys.Keys:
        return keys.Keys(self.query.scope, self.query.by)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of whom and of what lines are, in a table."""
        codes = any(each.code is not None for each in self.query.measures.counted)
        return records.columns(self.query.by, self.splits, codes)

    def page(self) -> Report:
        """The page that was asked for."""
        return self._page(self._limit or PAGE, self._after)

    def pages(self) -> Iterator[Report]:
        """That page alone if it was limited, else all from it on."""
        if self._limit is not None:
            yield self.page()
            return
        after = self._after
        while True:
            report = self._page(PART, after)
            yield report
            after = report.last
            if after is None:
                return

    def next_cursor(self, report: Report) -> str | None:
        """That of the page behind this one."""
        if report.last is None:
            return None
        return Cursor(self._question, self._now_s, _After(*report.last)).text()

    def cursor_of_file(self, first: Report) -> str | None:
        """The same of a file, which ends with its first page or with the last of all."""
        return None if self._limit is None else self.next_cursor(first)

    def _page(self, limit: int, after: Place | None) -> Report:
        with runtime.history().snapshot() as now:
            return answer(now, self.query, Page(limit, after))

    def file(self, report: str) -> str:
        """What a file is called: report, product, metrics and window."""
        query, window = self.query, self.query.frame.window
        products = query.scope.products
        whose = query.scope.backend or (products[0] if len(products) == 1 else None)
        labels = dict.fromkeys(c.metric.system_name for c in query.measures.counted if c.metric)
        begin, end = (
            window.zone.local(s).date().isoformat() for s in (window.since_s, window.last_s)
        )
        parts = [report, *([whose.system_name] if whose else []), *list(labels)[:3], begin, end]
        return "_".join(parts).replace("/", "-")


def peeked(
    pages: Iterator[Report], rows: Callable[[Report], list[list[object]]]
) -> tuple[Report, Iterator[list[list[object]]]]:
    """The first page, and the rows of all of them."""
    first = next(pages)

    def parts() -> Iterator[list[list[object]]]:
        yield rows(first)
        for page in pages:
            yield rows(page)

    return first, parts()
