"""The errors on disk: what every store of them promises, and the store of one machine.

That is a SQLite file of its own, written by the listener, read by whoever has the home.

bounded by    how
time          a group leaves when its last error is older than the window
size          above it, the oldest groups of the service that holds most leave: a noisy service does not push out others
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol, Self

import msgspec

from tallygate.integration_errors.record import Context, Group, Naming, Page
from tallygate.settings import Settings

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS error (
  id INTEGER PRIMARY KEY, service TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,
  context TEXT NOT NULL, bytes INTEGER NOT NULL,
  UNIQUE (service, code, message)
);
CREATE INDEX IF NOT EXISTS error_by_service ON error (service, last_ms);
CREATE INDEX IF NOT EXISTS error_by_time ON error (last_ms);
CREATE TABLE IF NOT EXISTS held (service TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS error_comes AFTER INSERT ON error BEGIN
  INSERT INTO held VALUES (NEW.service, NEW.bytes)
    ON CONFLICT (service) DO UPDATE SET bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER IF NOT EXISTS error_changes AFTER UPDATE OF bytes ON error BEGIN
  UPDATE held SET bytes = bytes + NEW.bytes - OLD.bytes WHERE service = NEW.service;
END;
CREATE TRIGGER IF NOT EXISTS error_goes AFTER DELETE ON error BEGIN
  UPDATE held SET bytes = bytes - OLD.bytes WHERE service = OLD.service;
  DELETE FROM held WHERE service = OLD.service AND bytes <= 0;
END;
"""
_ADD: Final = """
INSERT INTO error (service, code, message, first_ms, last_ms, count, context, bytes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (service, code, message) DO UPDATE SET
  first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms),
  count = count + excluded.count, context = excluded.context, bytes = excluded.bytes
"""
_COLUMNS: Final = "service, code, message, first_ms, last_ms, count, context"
_NEWEST_FIRST: Final = "ORDER BY last_ms DESC, id DESC"
_ROW_BYTES: Final = 250
"""What a row and its places in the indexes take besides the texts; measured."""

_TRIMMED_AT_ONCE: Final = 50

_decode: Final = msgspec.json.Decoder(Context).decode


class ErrorStore(Protocol):
    """The groups of all services. Belongs to one thread. What fails raises one of FAILURES."""

    def add(self, groups: Sequence[Group], now_ms: int) -> None:
        """Adds to the groups that are there, all or nothing of a service's, and trims."""
        ...

    def page(self, service: str, now_ms: int, page: int, per_page: int) -> Page:
        """The groups of a service, the newest first. `page`: 1 is the first."""
        ...

    def newest(self, services: Sequence[str], now_ms: int, limit: int) -> list[Group]:
        """The newest groups of any of the services, the newest first."""
        ...

    def delete(self, service: str) -> int:
        """Forgets all errors of a service. Returns how many groups there were."""
        ...

    def count_of(self, service: str, naming: Naming) -> int:
        """How many groups of a service name somebody."""
        ...

    def forget(self, service: str, naming: Naming) -> int:
        """Deletes the groups of a service that name somebody. Returns how many they were."""
        ...

    def close(self) -> None: ...


FAILURES: Final = (sqlite3.Error, OSError)


class SqliteErrorStore:
    """The groups of all services. Opens its file when first used, makes it if it is missing; belongs to one thread."""

    def __init__(self, settings: Settings) -> None:
        self._path: Path = settings.integration_errors
        self._window_ms = settings.integration_error_days * 86_400_000
        self._max_bytes = settings.integration_error_bytes
        self._opened: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add(self, groups: Sequence[Group], now_ms: int) -> None:
        """Adds to the groups that are there, in one transaction, and trims.

        Raises:
            sqlite3.Error: Nothing was kept (the disk is full).
        """
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(_ADD, [_row(group) for group in groups])
            self._trim(connection, now_ms)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # of a full disk SQLite rolls back by itself
                connection.execute("ROLLBACK")
            raise

    def page(self, service: str, now_ms: int, page: int, per_page: int) -> Page:
        """The groups of a service, the newest first.

        Args:
            page: 1 is the first.

        Raises:
            sqlite3.Error: The file cannot be read.
        """
        execute = self._connection().execute
        since_ms = self._since_ms(now_ms)
        where = "WHERE service = ? AND last_ms >= ?"
        (total,) = execute(f"SELECT count(*) FROM error {where}", (service, since_ms)).fetchone()
        rows = execute(
            f"SELECT {_COLUMNS} FROM error {where} {_NEWEST_FIRST} LIMIT ? OFFSET ?",
            (service, since_ms, per_page, (page - 1) * per_page),
        )
        return Page([_group(row) for row in rows], total)

    def newest(self, services: Sequence[str], now_ms: int, limit: int) -> list[Group]:
        """The newest groups of any of the services, the newest first.

        Raises:
            sqlite3.Error: The file cannot be read.
        """
        rows = self._connection().execute(
            f"SELECT {_COLUMNS} FROM error WHERE service IN (SELECT value FROM json_each(?))"
            f" AND last_ms >= ? {_NEWEST_FIRST} LIMIT ?",
            (msgspec.json.encode(services).decode(), self._since_ms(now_ms), limit),
        )
        return [_group(row) for row in rows]

    def delete(self, service: str) -> int:
        """Forgets all errors of a service. Returns how many groups there were.

        Raises:
            sqlite3.Error: They are still there.
        """
        return self._connection().execute("DELETE FROM error WHERE service = ?", (service,)).rowcount  # fmt: skip

    def count_of(self, service: str, naming: Naming) -> int:
        """How many groups of a service name somebody.

        Raises:
            sqlite3.Error: The file cannot be read.
        """
        return len(self._naming(service, naming))

    def forget(self, service: str, naming: Naming) -> int:
        """Deletes the groups of a service that name somebody, from the file and its log too. Returns how many they were.

        Raises:
            sqlite3.Error: Some may still be there.
        """
        found = self._naming(service, naming)
        connection = self._connection()
        connection.executemany("DELETE FROM error WHERE id = ?", [(each,) for each in found])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return len(found)

    def held_bytes(self) -> int:
        """What all groups take, about.

        Raises:
            sqlite3.Error: The file cannot be read.
        """
        return int(self._connection().execute("SELECT total(bytes) FROM held").fetchone()[0])

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA secure_delete = ON")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._opened = connection
        return self._opened

    def _naming(self, service: str, naming: Naming) -> list[int]:
        """The ids of the groups that do."""
        rows = self._connection().execute(
            "SELECT id, code, message, first_ms, context FROM error WHERE service = ?", (service,)
        )
        return [
            number
            for number, code, message, first_ms, context in rows
            if naming(Group(service, code, message, first_ms, 0, 0, _decode(context)))
        ]

    def _since_ms(self, now_ms: int) -> int:
        return now_ms - self._window_ms if self._window_ms else 0

    def _trim(self, connection: sqlite3.Connection, now_ms: int) -> None:
        connection.execute("DELETE FROM error WHERE last_ms < ?", (self._since_ms(now_ms),))
        while self.held_bytes() > self._max_bytes:
            connection.execute(
                "DELETE FROM error WHERE id IN (SELECT id FROM error WHERE service ="
                " (SELECT service FROM held ORDER BY bytes DESC LIMIT 1) ORDER BY last_ms, id LIMIT ?)",
                (_TRIMMED_AT_ONCE,),
            )


def _group(row: tuple[Any, ...]) -> Group:
    service, code, message, first_ms, last_ms, count, context = row
    return Group(service, code, message, first_ms, last_ms, count, _decode(context))


def _row(group: Group) -> tuple[Any, ...]:
    context = msgspec.json.encode(group.context).decode()
    return (
        group.service, group.code, group.message, group.first_ms, group.last_ms, group.count, context,
        group_bytes(group),
    )  # fmt: skip


def group_bytes(group: Group) -> int:
    """What a group takes, about."""
    context = msgspec.json.encode(group.context)
    return _ROW_BYTES + 2 * len(group.message.encode()) + len(context)
