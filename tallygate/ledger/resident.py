"""The counters that are in memory, and their way from and to disk."""

import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from msgspec.structs import replace

from tallygate.domain.limits import Epoch, epoch_at
from tallygate.ledger import state
from tallygate.ledger.counters import EPOCH, TOTAL, ApplicationCounters, add_at, new_counter, set_at
from tallygate.ledger.entry import Entry
from tallygate.ledger.log import LogReader
from tallygate.ledger.undo import Added, Restore

RESIDENT_APPLICATIONS: Final = 200_000
"""How many applications' counters may stay in memory after a checkpoint, before those not asked for lately leave it."""

_Key = tuple[str, str]


class ResidentCounters:
    """Loads an application's counters when they are first asked for.

    Attributes:
        changed: The applications whose counters are ahead of their rows in `state.db`.
    """

    def __init__(self, connection: sqlite3.Connection, reader: LogReader) -> None:
        """`connection` reads `state.db`; it is used by one thread only."""
        self._connection = connection
        self._reader = reader
        self._applications: dict[_Key, ApplicationCounters] = {}
        self.changed: set[ApplicationCounters] = set()

    def __len__(self) -> int:
        return len(self._applications)

    def of(self, service: str, application: str) -> ApplicationCounters:
        """The application's counters, as of now."""
        found = self._applications.get((service, application))
        if found is None:
            found = ApplicationCounters(service, application)
            self._load(found)
            self._applications[(service, application)] = found
        found.touched = True
        return found

    def count(self, entry: Entry, epoch: Epoch, undo: list[Any]) -> None:
        """Brings in an entry that sets nothing, at its own time; `epoch` is now. What undoes it goes to `undo`."""
        application = self.of(entry.service, entry.application)
        self.changed.add(application)
        at = epoch_at(entry.time_ms // 1000)
        for metric, delta in entry.usage:
            counter = application.by_metric.get(metric)
            if counter is None or counter[EPOCH] is not epoch:
                counter = application.counter(metric, epoch)
            if at is epoch:
                counter[TOTAL] += delta
                undo.append(Added(application, counter, delta))
            else:
                undo.append(Restore(application, counter))
                add_at(counter, delta, at)

    def count_sets(
        self, entry: Entry, epoch: Epoch, undo: list[Any]
    ) -> tuple[tuple[str, int], ...]:
        """The same for an entry with sets; returns its usage with the differences that they make."""
        values = dict(entry.sets)
        added = tuple(pair for pair in entry.usage if pair[0] not in values)
        self.count(replace(entry, usage=added, sets=()), epoch, undo)
        application = self.of(entry.service, entry.application)
        at = epoch_at(entry.time_ms // 1000)
        changes = []
        for metric, wanted in entry.sets:
            counter = application.counter(metric, epoch)
            undo.append(Restore(application, counter))
            changes.append((metric, set_at(counter, wanted, at)))
        return (*added, *changes)

    def replay(self, entries: Iterable[Entry], position: int, epoch: Epoch) -> None:
        """Brings in the entries of a frame that ends at `position`, where they are not in already."""
        for entry in entries:
            application = self.of(entry.service, entry.application)
            if position > application.position:
                apply(application, entry, epoch)
                self.changed.add(application)

    def reload(self, applications: set[ApplicationCounters], after: int, epoch: Epoch) -> None:
        """Makes the counters what the disk says: their rows, and the log after position `after`.

        In place, since prepared calls hold on to them.
        """
        by_id = {(each.service, each.application): each for each in applications}
        for application in applications:
            for counter in application.by_metric.values():
                counter[:] = new_counter(epoch)
            application.position = 0
            self._load(application)
        for position, entries in self._reader.frames(after):
            for entry in entries:
                reloaded = by_id.get((entry.service, entry.application))
                if reloaded is not None and position > reloaded.position:
                    apply(reloaded, entry, epoch)
        for application in applications:
            for metric in application.by_metric:
                application.counter(metric, epoch)

    def evict(self) -> bool:
        """Lets go of what was not asked for since the last time, if there is too much. Returns whether it did."""
        too_many = len(self._applications) > RESIDENT_APPLICATIONS
        if too_many:
            self._applications = {
                key: each
                for key, each in self._applications.items()
                if each.touched or each in self.changed
            }
        for application in self._applications.values():
            application.touched = False
        return too_many

    def _load(self, application: ApplicationCounters) -> None:
        row = state.find_counters(self._connection, application.service, application.application)
        if row is not None:
            application.unpack(row.data)
            application.position = row.position


def apply(application: ApplicationCounters, entry: Entry, epoch: Epoch) -> None:
    """Counts an entry of the log, at its own time; `epoch` is now."""
    at = epoch_at(entry.time_ms // 1000)
    sets = dict(entry.sets)
    for metric, delta in entry.usage:
        counter = application.counter(metric, epoch)
        if metric in sets:
            set_at(counter, sets[metric], at)
        else:
            add_at(counter, delta, at)
