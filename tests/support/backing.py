"""What lies behind a running listener, as tests fill it and look into it: the home alone, or a Redis."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from tallygate.integration_errors.record import Group
from tallygate.integration_errors.redis_store import RedisErrorStore
from tallygate.integration_errors.store import ErrorStore, SqliteErrorStore
from tallygate.ledger.embedded.logs import EmbeddedLogs
from tallygate.ledger.entry import Entry
from tallygate.ledger.logs import Logs, behind
from tallygate.ledger.redis.logs import RedisLogs
from tallygate.redis.installation import partitions_of
from tallygate.redis.url import parse_url
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.store import RedisStores
from tallygate.registry.store import Store, Writer
from tallygate.registry.writer import RegistryWriter, create_tables
from tallygate.settings import Settings


class Backing(Protocol):
    """
    Attributes:
        registry: Each change of it is committed by itself.
    """

    registry: Writer

    def transaction(self) -> contextlib.AbstractContextManager[Writer]:
        """Changes that are committed together."""
        ...

    def entries(self) -> list[Entry]:
        """All that is in the log."""
        ...

    def errors(self, service: str) -> list[Group]:
        """The integration errors of a service, the newest first."""
        ...

    def close(self) -> None: ...


def backing(home: Path, ledger_url: str) -> Backing:
    return OnRedis(ledger_url) if ledger_url else OnHome(home)


class OnHome:
    """SQLite and segments."""

    def __init__(self, home: Path) -> None:
        self._connection = sqlite3.connect(home / "tallygate.db", isolation_level=None, timeout=30)
        self._connection.execute("PRAGMA journal_mode = WAL")
        create_tables(self._connection)
        self.registry: Writer = RegistryWriter(self._connection)
        self._logs = EmbeddedLogs(home / "ledger")
        self._errors = SqliteErrorStore(Settings(home=home))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Writer]:
        self._connection.execute("BEGIN IMMEDIATE")
        yield self.registry
        self._connection.execute("COMMIT")

    def entries(self) -> list[Entry]:
        return _all(self._logs)

    def errors(self, service: str) -> list[Group]:
        return _errors(self._errors, service)

    def close(self) -> None:
        self._connection.close()
        self._errors.close()


class OnRedis:
    """Hashes and streams."""

    def __init__(self, url: str) -> None:
        where = parse_url(url)
        partitions = partitions_of(where, Settings().ledger_partitions)
        self._stores = RedisStores(where, RegistryKeys(partitions))
        self._logs = RedisLogs(where, lambda: partitions)
        self._errors = RedisErrorStore(where, partitions, Settings())
        self.registry: Writer = _OneByOne(self._stores)  # type: ignore[assignment]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Writer]:
        calls = _Collected()
        yield calls  # type: ignore[misc]
        self._stores.run(calls.replay, writing=True)

    def entries(self) -> list[Entry]:
        return _all(self._logs)

    def errors(self, service: str) -> list[Group]:
        return _errors(self._errors, service)

    def close(self) -> None:
        self._stores.close()
        self._logs.close()
        self._errors.close()


class _Collected:
    """Remembers what a writer is asked to do."""

    def __init__(self) -> None:
        self._calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given: self._calls.append((name, given))

    def replay(self, store: Store) -> None:
        for name, given in self._calls:
            getattr(store.writer, name)(*given)


class _OneByOne:
    """A writer whose every change is a transaction."""

    def __init__(self, stores: RedisStores) -> None:
        self._stores = stores

    def __getattr__(self, name: str) -> Callable[..., None]:
        def change(*given: Any) -> None:
            self._stores.run(lambda store: getattr(store.writer, name)(*given), writing=True)

        return change


def _all(logs: Logs) -> list[Entry]:
    position, end, found = logs.begin(), logs.end(), list[Entry]()
    while behind(position, end):  # a read ends where a service is forgotten
        chunk = logs.read(position, end, 10**9)
        position = chunk.end
        found += chunk.entries
    return found


def _errors(store: ErrorStore, service: str) -> list[Group]:
    return store.page(service, time.time_ns() // 1_000_000, 1, 1000).groups
