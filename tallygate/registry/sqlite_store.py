"""Transactions on the registry's tables in SQLite."""

import contextlib
import errno
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from tallygate.registry.store import Store
from tallygate.registry.tables import RegistryTables
from tallygate.registry.writer import RegistryWriter

T = TypeVar("T")

_BUSY_S: Final = 5
"""How long to wait for another process that writes to the same database."""


class SqliteStore(NamedTuple):
    """See `registry.store.Store`."""

    connection: sqlite3.Connection
    tables: RegistryTables
    writer: RegistryWriter

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        self.connection.execute("SAVEPOINT item")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO item")
            raise
        finally:
            self.connection.execute("RELEASE item")


class SqliteStores:
    """See `registry.store.Stores`."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._store: SqliteStore | None = None

    def run(self, work: Callable[[Store], T], writing: bool) -> T:
        try:
            store = self._connect()
            store.connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
            try:
                found = work(store)
                store.connection.commit()
            except BaseException:
                store.connection.rollback()
                raise
        except sqlite3.OperationalError as error:
            raise OSError(errno.EIO, str(error)) from error
        return found

    def close(self) -> None:
        if self._store is not None:
            self._store.connection.close()
            self._store = None

    def _connect(self) -> SqliteStore:
        if self._store is None:
            connection = sqlite3.connect(self._database, isolation_level=None, timeout=_BUSY_S)
            self._store = SqliteStore(
                connection, RegistryTables(connection), RegistryWriter(connection)
            )
        return self._store
