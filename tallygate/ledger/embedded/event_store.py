"""Events on disk, and what keeps them from coming twice: `events.db`, beside the log.

It belongs to the ledger's thread: an event is rare, and a commit here hardly ever waits for the disk. A crash of the process loses
none; what a power cut takes is raised again by the replay of the log, which reaches as far back as the last checkpoint, before which
all of this was synced.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import structlog

from tallygate.ledger.embedded import state
from tallygate.ledger.embedded.counters import ApplicationCounters
from tallygate.ledger.events import NOTICE_EVERY_S, Alert, Event, Kind

log = structlog.get_logger()

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS event (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, time_s INTEGER NOT NULL,
  service TEXT NOT NULL, application TEXT NOT NULL, alert TEXT
);
CREATE TABLE IF NOT EXISTS alert (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS mark (
  service TEXT NOT NULL, application TEXT NOT NULL, level INTEGER NOT NULL, until_s INTEGER NOT NULL,
  PRIMARY KEY (service, application, level)
) WITHOUT ROWID;
"""
TRAFFIC: Final = 0
"""In place of a level: the mark is the first second of the last UTC day on which there was traffic."""

MAX_WAITING: Final = 100_000
"""How many events may wait for a disk that is full."""

_MAX_ID: Final = 2**63 - 1
_TRIMMED_AT_ONCE: Final = 100

_decode_alert: Final = msgspec.json.Decoder(Alert).decode


class Raised(NamedTuple):
    """An event that is to be kept, and the mark that keeps it from coming again."""

    kind: Kind
    time_s: int
    service: str
    application: str
    level: int
    until_s: int
    alert: Alert | None = None


class EventStore:
    """The events of one ledger."""

    def __init__(self, path: Path, keep_s: int = 0) -> None:
        """`keep_s`: For how long events are kept that nobody deletes; 0 = for ever."""
        self._path = path
        self._keep_s = keep_s
        # Calls wait for whoever uses the connection: another process that holds the file must not hold them up.
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=0.1)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA secure_delete = ON")
        self.connection.executescript(_SCHEMA)
        self.clear()

    def clear(self) -> None:
        """Nothing waits for the disk, and nobody was told of events."""
        self._waiting: list[Raised] = []
        self._forgotten: list[tuple[str, str]] = []
        self._noticed_s = -NOTICE_EVERY_S

    def read_marks(self, application: ApplicationCounters) -> None:
        """Tells an application what was raised of it already."""
        names = (application.service, application.application)
        if not {(names[0], ""), names}.isdisjoint(self._forgotten):
            return
        rows = self.connection.execute(
            "SELECT level, until_s FROM mark WHERE service = ? AND application = ?",
            names,
        ).fetchall()
        for level, until_s in rows:
            if level == TRAFFIC:
                application.traffic_day_s = until_s
            else:
                application.alerted[level] = until_s

    def add(self, raised: Iterable[Raised]) -> None:
        """Keeps events with their marks, in one transaction. While the disk is full they wait in memory."""
        self._waiting += raised
        if not (self._waiting or self._forgotten):
            return
        execute = self.connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            for names in self._forgotten:
                self._forget_one(*names)
            for each in self._waiting:
                self._add_one(each)
            if self._keep_s and self._waiting:
                self._trim(self._waiting[-1].time_s - self._keep_s)
            execute("COMMIT")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                execute("ROLLBACK")
            lost = len(self._waiting) - MAX_WAITING
            del self._waiting[: max(lost, 0)]
            log.warning("events wait for the disk", reason=str(error), waiting=len(self._waiting))
        else:
            self._waiting, self._forgotten = [], []

    def events(self, after: int = 0) -> list[Event]:
        """All that are on disk with ids above `after`, in the order of their ids. May run in another thread: there may be very many.

        Raises:
            sqlite3.Error: They cannot be read.
        """
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            rows = connection.execute(
                "SELECT id, kind, time_s, service, application, alert FROM event"
                " WHERE id > ? ORDER BY id",
                (min(after, _MAX_ID),),
            )
            return [
                Event(number, kind, time_s, service, application, alert and _decode_alert(alert))
                for number, kind, time_s, service, application, alert in rows
            ]

    def delete(self, first: int, last: int) -> int:
        """Deletes the events with these ids, both ends included; returns how many there were.

        Raises:
            sqlite3.Error: They are still there.
        """
        self.add(())
        if first > _MAX_ID:
            return 0
        return self.connection.execute(
            "DELETE FROM event WHERE id BETWEEN ? AND ?", (max(first, 0), min(last, _MAX_ID))
        ).rowcount

    def claim_notice(self, now_s: int) -> bool:
        """See `ledger.contract`. Raises sqlite3.Error when it cannot be known."""
        if 0 <= now_s - self._noticed_s < NOTICE_EVERY_S:
            return False
        (found,) = self.connection.execute("SELECT EXISTS (SELECT 1 FROM event)").fetchone()
        if found:
            self._noticed_s = now_s
        return bool(found)

    def forget_alert(self, service: str, application: str, level: int) -> bool:
        """Takes a level's mark away; returns whether there was one. Raises sqlite3.Error when it cannot."""
        self.add(())
        return bool(
            self.connection.execute(
                "DELETE FROM mark WHERE service = ? AND application = ? AND level = ? AND level > 0",
                (service, application, level),
            ).rowcount
        )

    def forget(self, service: str, application: str) -> None:
        """Takes all marks of a service away; or of an application, with its events. Waits for the disk, as events do."""
        if application:
            names = (service, application)
            self._waiting = [
                each for each in self._waiting if (each.service, each.application) != names
            ]
        self._forgotten.append((service, application))
        self.add(())

    def count_of(self, service: str, application: str) -> int:
        """How many events and marks name an application. Raises sqlite3.Error when they cannot be read."""
        self.add(())
        return sum(
            self.connection.execute(
                f"SELECT count(*) FROM {table} WHERE service = ? AND application = ?",
                (service, application),
            ).fetchone()[0]
            for table in ("event", "mark")
        )

    def all_kept(self) -> bool:
        """Whether none waits for the disk, after another try."""
        self.add(())
        return not (self._waiting or self._forgotten)

    def scrub(self) -> None:
        """Nothing that was deleted is in the files any more. Raises sqlite3.Error when it cannot."""
        state.scrub(self.connection)

    def make_durable(self) -> None:
        """Syncs what was written so far; may run in another thread.

        Raises:
            OSError: It may not be durable.
        """
        for path in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)

    def close(self) -> None:
        self.add(())
        self.connection.close()

    def _trim(self, before_s: int) -> None:
        """Deletes some of the oldest events, if they are older than `before_s`: more than come in."""
        rows = self.connection.execute(
            "SELECT id, time_s FROM event ORDER BY id LIMIT ?",
            (_TRIMMED_AT_ONCE + 2 * len(self._waiting),),
        )
        expired = [number for number, time_s in rows if time_s < before_s]
        if expired:
            self.connection.execute("DELETE FROM event WHERE id <= ?", (expired[-1],))

    def _forget_one(self, service: str, application: str) -> None:
        execute = self.connection.execute
        if not application:
            execute("DELETE FROM mark WHERE service = ?", (service,))
            return
        for table in ("event", "mark"):
            execute(
                f"DELETE FROM {table} WHERE service = ? AND application = ?", (service, application)
            )

    def _add_one(self, raised: Raised) -> None:
        execute = self.connection.execute
        alert = raised.alert
        if alert is not None:
            number = execute("INSERT INTO alert DEFAULT VALUES").lastrowid or 0
            execute("DELETE FROM alert WHERE id < ?", (number,))
            alert = msgspec.structs.replace(alert, id=number)
        execute(
            "INSERT INTO event (kind, time_s, service, application, alert) VALUES (?, ?, ?, ?, ?)",
            (
                raised.kind,
                raised.time_s,
                raised.service,
                raised.application,
                None if alert is None else msgspec.json.encode(alert).decode(),
            ),
        )
        execute(
            "INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)",
            (raised.service, raised.application, raised.level, raised.until_s),
        )
