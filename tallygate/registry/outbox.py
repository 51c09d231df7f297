"""From the registry's tables in SQLite, which the catalog writes in its own transactions, to the registry on Redis.

The journal of the tables is the outbox: it names what changed, and a number on Redis says how far that was copied. What is copied is
what the tables hold when it is copied, so that any part of it may be done again.

    failure                             behaviour
    Redis is away                       the catalog's change stands; it is copied when Redis is back: `Outbox.flush` again
    the process dies while it copies    the next flush copies the same again
    two processes at once               one after the other: a lock file of the home
    the journal is gone past            all services are compared and made the same
    Redis has lost everything           the number as well: all services are copied
"""

import fcntl
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from tallygate.registry.records import AlertLimit
from tallygate.registry.store import Store, Stores, Tables
from tallygate.registry.tables import RegistryTables
from tallygate.registry.writer import create_tables

_AT_ONCE: Final = 500
"""Applications in one transaction."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS registry_published_service (id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID
"""

Work = Callable[[Store], None]


class Destination(Stores, Protocol):
    """A registry that remembers how far it was copied."""

    def published(self) -> int:
        """The last revision that was copied; 0 = none. Raises OSError."""
        ...

    def set_published(self, revision: int) -> None:
        """Raises OSError."""
        ...


class Outbox:
    """Copies what was committed. May be used by any thread."""

    def __init__(self, database: Path, lock: Path, destination: Callable[[], Destination]) -> None:
        """`destination` is asked for, and closed, with each flush."""
        self._database = database
        self._lock = lock
        self._destination = destination

    def flush(self) -> None:
        """Returns when all that was committed before the call is on Redis.

        Raises:
            OSError: Not all of it; it stays in the outbox.
            sqlite3.Error: The tables cannot be read.
        """
        with (
            _locked(self._lock),
            closing(sqlite3.connect(self._database, isolation_level=None, timeout=20)) as tables,
            closing(self._destination()) as destination,
        ):
            tables.execute(_SCHEMA)
            create_tables(tables)
            while (published := destination.published()) != (last := _last_revision(tables)):
                _Copy(tables, destination).run(published)
                destination.set_published(last)


def _last_revision(connection: sqlite3.Connection) -> int:
    (last,) = connection.execute("SELECT max(revision) FROM registry_journal").fetchone()
    return last or 0


class _Copy:
    """Copies one stretch of the journal. What changes meanwhile is in the next one."""

    def __init__(self, connection: sqlite3.Connection, stores: Stores) -> None:
        self._execute = connection.execute
        self._tables = RegistryTables(connection)
        self._stores = stores

    def run(self, published: int) -> None:
        (first,) = self._execute("SELECT min(revision) FROM registry_journal").fetchone()
        if published == 0 or first > published + 1:
            self._everything()
        else:
            self._changes(published)

    def _changes(self, published: int) -> None:
        changes = self._execute(
            "SELECT DISTINCT service_id, application_id FROM registry_journal WHERE revision > ?",
            (published,),
        ).fetchall()
        for service_id in {service for service, application in changes if not application}:
            if service_id:  # '' only tells listeners to forget everything
                self._service(service_id)
        self._applications(change for change in changes if change[1])

    def _everything(self) -> None:
        published = {row[0] for row in self._execute("SELECT id FROM registry_published_service")}
        there = {row[0] for row in self._execute("SELECT id FROM registry_service")}
        for service_id in published | there:
            self._service(service_id)
            known = self._stores.run(
                lambda store, name=service_id: set(store.tables.application_ids(name)),  # type: ignore[misc]
                writing=False,
            )
            names = known | set(self._tables.application_ids(service_id))
            self._applications((service_id, name) for name in names)

    def _service(self, service_id: str) -> None:
        self._stores.run(_service_as_in(self._tables, service_id), writing=True)
        if self._tables.service(service_id) is None:
            self._execute("DELETE FROM registry_published_service WHERE id = ?", (service_id,))
        else:
            self._execute(
                "INSERT OR IGNORE INTO registry_published_service VALUES (?)", (service_id,)
            )

    def _applications(self, names: Iterable[tuple[str, str]]) -> None:
        left = iter(names)
        while part := list(islice(left, _AT_ONCE)):
            self._stores.run(_applications_as_in(self._tables, part), writing=True)


def _service_as_in(source: Tables, service_id: str) -> Work:
    """Makes a service what it is in other tables."""

    def work(store: Store) -> None:
        there, writer = store.tables, store.writer
        service = source.service(service_id)
        if service is None:
            writer.delete_service(service_id)
            return
        if there.service(service_id) != service:
            writer.put_service(service)
        for token in set(there.tokens(service_id)) ^ (tokens := set(source.tokens(service_id))):
            change = writer.put_service_token if token in tokens else writer.delete_service_token
            change(service_id, token)
        metrics, limits = set(source.metrics(service_id)), set(source.limits(service_id))
        for metric in set(there.metrics(service_id)) - metrics:
            if metric.id not in {each.id for each in metrics}:
                writer.delete_metric(service_id, metric.id)
        for metric in metrics - set(there.metrics(service_id)):
            writer.put_metric(metric)
        for limit in set(there.limits(service_id)) - limits:
            writer.delete_limit(service_id, limit.plan_id, limit.metric_id, limit.period)
        for limit in limits - set(there.limits(service_id)):
            writer.put_limit(limit)
        levels = set(source.alert_levels(service_id))
        for level in set(there.alert_levels(service_id)) ^ levels:
            if level in levels:
                writer.put_alert_limit(AlertLimit(service_id, level))
            else:
                writer.delete_alert_limit(service_id, level)

    return work


def _applications_as_in(source: Tables, names: Iterable[tuple[str, str]]) -> Work:
    """Makes applications what they are in other tables."""

    def work(store: Store) -> None:
        for service_id, application_id in names:
            application = source.application(service_id, application_id)
            if application is None:
                store.writer.delete_application(service_id, application_id)
                continue
            if store.tables.application(service_id, application_id) != application:
                store.writer.put_application(application)
            _credentials_as_in(source, store, service_id, application_id)

    return work


def _credentials_as_in(source: Tables, store: Store, service_id: str, application_id: str) -> None:
    there, writer = store.tables, store.writer
    keys = set(source.application_keys(service_id, application_id))
    for key in set(there.application_keys(service_id, application_id)) ^ keys:
        change = writer.put_application_key if key in keys else writer.delete_application_key
        change(service_id, application_id, key)
    filters = set(source.referrer_filters(service_id, application_id))
    for each in set(there.referrer_filters(service_id, application_id)) ^ filters:
        change = writer.put_referrer_filter if each in filters else writer.delete_referrer_filter
        change(service_id, application_id, each)
    user_keys = set(source.user_keys_of(service_id, application_id))
    for user_key in set(there.user_keys_of(service_id, application_id)) ^ user_keys:
        if user_key in user_keys:
            writer.put_user_key(service_id, user_key, application_id)
        else:
            writer.delete_user_key(service_id, user_key)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process, however it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
