"""The listener's one write connection to the registry, used in a thread of its own: a commit waits for the disk."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from tallygate.listener.internal.answers import Answer, Refused
from tallygate.listener.internal.request import Request
from tallygate.listener.internal.routing import Endpoint
from tallygate.registry.tables import RegistryTables
from tallygate.registry.writer import RegistryWriter

_BUSY_S: Final = 5
"""How long to wait for another process that writes to the same database."""


class Store(NamedTuple):
    """The registry inside one transaction."""

    connection: sqlite3.Connection
    tables: RegistryTables
    writer: RegistryWriter

    def savepoint(self) -> contextlib.AbstractContextManager[None]:
        """What the block wrote is taken back when it raises."""
        return _savepoint(self.connection)


Work = Callable[[Store, Request], Answer]


class Provisioning:
    """Runs endpoints on the registry one after the other, each in one transaction that is committed before the answer."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="internal-api")
        self._store: Store | None = None

    def reading(self, work: Work) -> Endpoint:
        """An endpoint that changes nothing."""
        return self._endpoint(work, "BEGIN")

    def writing(self, work: Work) -> Endpoint:
        """An endpoint whose changes hold for the very next call, or not at all when it raises."""
        return self._endpoint(work, "BEGIN IMMEDIATE")

    def close(self) -> None:
        self._thread.submit(self._disconnect).result()
        self._thread.shutdown()

    def _endpoint(self, work: Work, begin: str) -> Endpoint:
        async def run(request: Request) -> Answer:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._run, work, request, begin)

        return run

    def _run(self, work: Work, request: Request, begin: str) -> Answer:
        try:
            store = self._connect()
            store.connection.execute(begin)
            try:
                answer = work(store, request)
                store.connection.commit()
            except BaseException:
                store.connection.rollback()
                raise
        except sqlite3.OperationalError as error:
            raise Refused(503, f"nothing was changed, try again later: {error}") from error
        return answer

    def _connect(self) -> Store:
        if self._store is None:
            connection = sqlite3.connect(self._database, isolation_level=None, timeout=_BUSY_S)
            self._store = Store(connection, RegistryTables(connection), RegistryWriter(connection))
        return self._store

    def _disconnect(self) -> None:
        if self._store is not None:
            self._store.connection.close()


@contextlib.contextmanager
def _savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("SAVEPOINT item")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO item")
        raise
    finally:
        connection.execute("RELEASE item")
