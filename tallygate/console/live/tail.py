"""Entries as they come: which of them are wanted, and how a page names them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from tallygate.catalog.models import Metric, Product
from tallygate.domain.calendar import Zone
from tallygate.history import codes_series
from tallygate.history.series import code_series
from tallygate.ledger.entry import Entry

SHOWN: Final = 100
"""So many entries are told at once at most, the newest."""
METRICS: Final = 6
"""So many metrics of an entry are named."""
NO_CODE: Final = "none"
_NAMES_KEPT: Final = 5_000


@dataclass(frozen=True, slots=True)
class Caller:
    """An application as the page names it.

    Attributes:
        key: Its primary key; None for one that the catalog does not know.
    """

    id: str
    name: str
    account: str
    key: int | None

    def matches(self, text: str) -> bool:
        """Whether its id, its name or its account has the text, in any case."""
        wanted = text.casefold()
        return any(wanted in each.casefold() for each in (self.id, self.name, self.account))


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the page shows it.

    Attributes:
        at: The clock's reading, to the millisecond.
        usage: (metric, change), the first METRICS; `more` are not named.
        code: '' if none was reported.
    """

    at: str
    caller: Caller
    usage: list[tuple[str, int]]
    more: int
    code: str

    @property
    def kind(self) -> str:
        """'good', 'warn', 'bad' or '': the class of its code as a colour."""
        return {"2": "good", "4": "warn", "5": "bad"}.get(self.code[:1], "")


class Wanted:
    """Which entries somebody wants to see."""

    def __init__(self, application: str, code: str, metric: Metric | None) -> None:
        """
        Args:
            application: A part of its name, its id or its account; '' = all.
            code: `404`, `4XX`, 'none' for those without one; '' = all.

        Raises:
            QuestionError: The code makes no sense.
        """
        self.application = application
        self._codes = frozenset() if code in ("", NO_CODE) else frozenset(codes_series(code))
        self._any_code = not code
        self._metric = None if metric is None else str(metric.pk)

    def has(self, entry: Entry) -> bool:
        """Whether code and metric are as wanted."""
        if self._metric is not None and all(name != self._metric for name, _ in entry.usage):
            return False
        if self._any_code:
            return True
        return code_series(entry.code) in self._codes if self._codes else not entry.code


class Names:
    """What the applications and metrics of a product are called, while one watches it. Belongs to one thread."""

    def __init__(self, product: Product, metrics: Iterable[Metric], zone: Zone) -> None:
        self._product = product
        self._metrics = {str(metric.pk): metric.friendly_name for metric in metrics}
        self._zone = zone
        self._callers: dict[str, Caller] = {}

    def rows(self, entries: Sequence[Entry], application: str) -> Iterator[Row]:
        """The entries of the applications that match, in their order."""
        self._look_up({entry.application for entry in entries})
        for entry in entries:
            caller = self._callers[entry.application]
            if not application or caller.matches(application):
                yield self._row(entry, caller)

    def _row(self, entry: Entry, caller: Caller) -> Row:
        named = [(self._metrics.get(name, name), value) for name, value in entry.usage[:METRICS]]
        moment = self._zone.at(entry.time_ms // 1000)
        at = f"{moment:%H:%M:%S}.{entry.time_ms % 1000:03}"
        more = max(len(entry.usage) - METRICS, 0)
        return Row(at, caller, named, more, str(entry.code) if entry.code else "")

    def _look_up(self, ids: set[str]) -> None:
        """Asks the catalog about those that were not met yet; holds no connection to it meanwhile."""
        if len(self._callers) > _NAMES_KEPT:
            self._callers.clear()
        unknown = ids - self._callers.keys()
        if not unknown:
            return
        found = self._product.applications.filter(application_id__in=unknown).values_list(
            "application_id", "name", "account__org_name", "pk"
        )
        self._callers |= {each: Caller(each, each, "", None) for each in unknown}
        self._callers |= {row[0]: Caller(*row) for row in found}
        connection.close()
