"""Taking back what was counted but could not be made durable."""

from typing import Any, NamedTuple

from tallygate.ledger.embedded.call import Call
from tallygate.ledger.embedded.commit import Batch
from tallygate.ledger.embedded.counters import CREDITS, TOTAL, ApplicationCounters, Counter


class Added(NamedTuple):
    """Undoes one addition."""

    application: ApplicationCounters
    counter: Counter
    delta: int

    def __call__(self) -> None:
        self.counter[TOTAL] -= self.delta


class Restore:
    """Undoes anything on one counter, by what it was before."""

    __slots__ = ("application", "before", "counter")

    def __init__(self, application: ApplicationCounters, counter: Counter) -> None:
        self.application = application
        self.counter = counter
        self.before = counter.copy()
        if counter[CREDITS]:
            self.before[CREDITS] = counter[CREDITS].copy()

    def __call__(self) -> None:
        self.counter[:] = self.before


def undo_all(items: list[Any]) -> None:
    """Undoes a batch's items, the last first: calls, which only add, and whatever else can be called."""
    for item in reversed(items):
        if isinstance(item, Call):
            for counter, delta in item.adds:
                counter[TOTAL] -= delta
        else:
            item()


def undo_except_counters(items: list[Any]) -> set[ApplicationCounters]:
    """Undoes what is no counter's; gives the applications whose counters are to be read anew."""
    changed = set()
    for item in items:
        if isinstance(item, Call | Added | Restore):
            changed.add(item.application)
        else:
            item()
    return changed


class Place(NamedTuple):
    """How much a batch holds: records, what undoes them, and applications with traffic that may be their first."""

    records: int
    undo: int
    fresh: int

    @classmethod
    def of(cls, batch: Batch) -> "Place":
        return cls(len(batch.records), len(batch.undo), len(batch.fresh))


def take_back_from(batch: Batch, place: Place) -> None:
    """Takes back what was put into a batch behind a place. Nothing else can have come in between."""
    undo_all(batch.undo[place.undo :])
    del batch.records[place.records :], batch.undo[place.undo :]
    for application in list(batch.fresh)[place.fresh :]:
        del batch.fresh[application]
