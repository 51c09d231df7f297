"""The counters that are in memory, and their way from and to disk."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from tallygate.domain.limits import Epoch, epoch_at
from tallygate.ledger.embedded import state
from tallygate.ledger.embedded.counters import (
    EPOCH,
    TOTAL,
    ApplicationCounters,
    add_at,
    new_counter,
    set_at,
)
from tallygate.ledger.embedded.log import LogReader
from tallygate.ledger.embedded.undo import Added, Restore
from tallygate.ledger.entry import FORGET, Entry, forgets

RESIDENT_APPLICATIONS: Final = 200_000
"""How many applications' counters may stay in memory after a checkpoint, before those not asked for lately leave it."""

_Key = tuple[str, str]
"""(service, application)"""


class ResidentCounters:
    """Loads an application's counters when they are first asked for.

    Attributes:
        changed: The applications whose counters are ahead of their rows in `state.db`.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        reader: LogReader,
        read_marks: Callable[[ApplicationCounters], None],
    ) -> None:
        """
        Args:
            connection: Reads `state.db`; it is used by one thread only.
            read_marks: Tells an application what was raised of it already.
        """
        self._connection = connection
        self._reader = reader
        self._read_marks = read_marks
        self._forgotten: dict[_Key, int] = {}
        self._applications: dict[_Key, ApplicationCounters] = {}
        self.changed: set[ApplicationCounters] = set()

    def __len__(self) -> int:
        return len(self._applications)

    def clear(self) -> None:
        """None is in memory; what was prepared with one of them is void."""
        self._applications.clear()
        self._forgotten.clear()
        self.changed.clear()

    def of(self, service: str, application: str) -> ApplicationCounters:
        """The application's counters, as of now."""
        found = self._applications.get((service, application))
        if found is None:
            found = ApplicationCounters(service, application)
            self._load(found)
            self._read_marks(found)
            self._applications[(service, application)] = found
        found.touched = True
        return found

    def count(
        self, application: ApplicationCounters, entry: Entry, epoch: Epoch, undo: list[Any]
    ) -> None:
        """Brings in an application's entry that sets nothing, at its own time; `epoch` is now. What undoes it goes to `undo`."""
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
        self, application: ApplicationCounters, entry: Entry, epoch: Epoch, undo: list[Any]
    ) -> tuple[tuple[str, int], ...]:
        """The same for an entry with sets; returns its usage with the differences that they make."""
        values = dict(entry.sets)
        added = tuple(pair for pair in entry.usage if pair[0] not in values)
        self.count(application, replace(entry, usage=added, sets=()), epoch, undo)
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
                if entry.code == FORGET:
                    _forget(applications, entry, position, epoch)
                    continue
                reloaded = by_id.get((entry.service, entry.application))
                if reloaded is not None and position > reloaded.position:
                    apply(reloaded, entry, epoch)
        for application in applications:
            for metric in application.by_metric:
                application.counter(metric, epoch)

    def forget(self, said: Entry, position: int, epoch: Epoch) -> None:
        """What a tombstone at this position of the log says: all that was counted before is gone. In place, as `reload`.

        An application by itself leaves memory as well: what was prepared for it is void.
        """
        service, application = said.service, said.application
        self._forgotten[service, application] = position
        _forget(self._applications.values(), said, position, epoch)
        if application:
            held = self._applications.pop((service, application), None)
            if held is not None:
                self.changed.discard(held)

    @property
    def forgotten(self) -> Mapping[_Key, int]:
        """Whose rows up to a position are void until they are removed from `state.db`; application '' = a whole service."""
        return self._forgotten

    def removed(self, forgotten: Mapping[_Key, int]) -> None:
        """These void rows are gone."""
        for key, position in forgotten.items():
            if self._forgotten.get(key) == position:
                del self._forgotten[key]

    def holds(self, application: ApplicationCounters) -> bool:
        """Whether these are the application's counters."""
        key = (application.service, application.application)
        return self._applications.get(key) is application

    def count_of(self, service: str, application: str) -> int:
        """How many counters an application has, in memory or else on disk."""
        held = self._applications.get((service, application))
        if held is None:
            held = ApplicationCounters(service, application)
            self._load(held)
        return len(held.by_metric)

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
        service, name = application.service, application.application
        row = state.find_counters(self._connection, service, name)
        void_until = max(self._forgotten.get((service, each), -1) for each in ("", name))
        if row is not None and row.position > void_until:
            application.unpack(row.data)
            application.position = row.position


def _forget(
    applications: Iterable[ApplicationCounters], said: Entry, position: int, epoch: Epoch
) -> None:
    for application in applications:
        if forgets(said, application.service, application.application):
            for counter in application.by_metric.values():
                counter[:] = new_counter(epoch)
            application.position = position
            application.traffic_day_s = -1
            application.alerted.clear()


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
