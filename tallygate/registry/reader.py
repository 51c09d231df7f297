"""The registry as the listener reads it: from memory, and never stale.

SQLite keeps an index of its write-ahead log in a shared file (`-shm`), whose first 48 bytes change with every commit of any
process. The reader maps that file and compares: no system call, and a commit is seen by the very next call. Only when the bytes
differ is the journal asked what changed, because most commits (sessions, sign-ins) are not about the registry.
"""

import mmap
import os
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Final

from tallygate.registry.cache import Cache
from tallygate.registry.contract import Wanted
from tallygate.registry.tables import RegistryTables
from tallygate.registry.views import ApplicationView, ServiceView
from tallygate.registry.writer import create_tables

_INDEX_HEADER_BYTES: Final = 48

_MANY_CHANGES: Final = 500
"""From so many on, at once, everything is forgotten: to go through them would hold up calls for longer than to read anew."""


class SqliteRegistry:
    """Belongs to one thread. Call `refresh` before each protocol call; everything else then answers as of that moment."""

    def __init__(self, path: Path, cached_applications: int = 50_000) -> None:
        """Opens (and if need be creates) the registry's tables in the database file `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._connection.execute("PRAGMA journal_mode = WAL")
        create_tables(self._connection)
        self._tables = RegistryTables(self._connection)
        self._services: dict[str, ServiceView] = {}
        self._applications: Cache[tuple[str, str], ApplicationView] = Cache(cached_applications)
        self._user_keys: Cache[tuple[str, str], str] = Cache(cached_applications)
        self.revision = self._last_revision()
        """Grows with every change; what was derived from the registry at another revision is void."""
        # Kept open until the connection is closed: closing any descriptor of this file would let go of all locks that this
        # process has on it. The next process to open the database would take itself for the first, and cut the file short
        # under the connection's feet.
        self._index_descriptor = os.open(f"{path}-shm", os.O_RDONLY)
        self._index = mmap.mmap(self._index_descriptor, _INDEX_HEADER_BYTES, prot=mmap.PROT_READ)
        self._seen = self._index[:_INDEX_HEADER_BYTES]

    def refresh(self) -> None:
        """Forgets what has changed since the last time."""
        header = self._index[:_INDEX_HEADER_BYTES]
        if header != self._seen:
            self._forget_changed()
            self._seen = header

    def service(self, service_id: str) -> ServiceView | None:
        found = self._services.get(service_id)
        if found is None:
            found = self._load_service(service_id)
            if found is not None:
                self._services[service_id] = found
        return found

    def default_service_id(self, provider_key: str) -> str | None:
        """The service that the provider's calls mean when they name none."""
        return self._tables.default_service_id(provider_key)

    def application(self, service_id: str, application_id: str) -> ApplicationView | None:
        found = self._applications.get((service_id, application_id))
        if found is None:
            found = self._load_application(service_id, application_id)
            if found is not None:
                self._applications.put((service_id, application_id), found)
        return found

    def application_id_of(self, service_id: str, user_key: str) -> str | None:
        """The id of the application with this user key; the application itself may be missing."""
        found = self._user_keys.get((service_id, user_key))
        if found is None:
            found = self._tables.application_id_of(service_id, user_key)
            if found is None:
                return None
            self._user_keys.put((service_id, user_key), found)
        return found

    async def fetch(self, wanted: Collection[Wanted]) -> None:
        """Nothing is ever missing: a look-up that is not answered from memory reads the tables at once."""

    async def is_current(self) -> bool:
        return True

    def close(self) -> None:
        self._connection.close()
        self._index.close()
        os.close(self._index_descriptor)

    def _load_service(self, service_id: str) -> ServiceView | None:
        tables = self._tables
        service = tables.service(service_id)
        if service is None:
            return None
        return ServiceView(
            service,
            tables.tokens(service_id),
            tables.metrics(service_id),
            tables.limits(service_id),
            tables.alert_levels(service_id),
        )

    def _load_application(self, service_id: str, application_id: str) -> ApplicationView | None:
        tables = self._tables
        application = tables.application(service_id, application_id)
        if application is None:
            return None
        return ApplicationView(
            application,
            tables.application_keys(service_id, application_id),
            tables.referrer_filters(service_id, application_id),
        )

    def _last_revision(self) -> int:
        row = self._connection.execute("SELECT max(revision) FROM registry_journal").fetchone()
        return row[0] or 0

    def _forget_changed(self) -> None:
        changes = self._connection.execute(
            "SELECT revision, service_id, application_id FROM registry_journal"
            " WHERE revision > ? ORDER BY revision LIMIT ?",
            (self.revision, _MANY_CHANGES),
        ).fetchall()
        if not changes:
            return
        many = len(changes) == _MANY_CHANGES
        behind_the_journal = changes[0][0] > self.revision + 1
        self.revision = self._last_revision() if many else changes[-1][0]
        if many or behind_the_journal or any(not service_id for _, service_id, _ in changes):
            self._forget_all()
            return
        for service_id, application_id in {change[1:] for change in changes}:
            if application_id:
                self._applications.forget((service_id, application_id))
            else:
                self._services.pop(service_id, None)
        if any(application_id for _, _, application_id in changes):
            self._user_keys.clear()  # the journal names the application, not its former key

    def _forget_all(self) -> None:
        self._services.clear()
        self._applications.clear()
        self._user_keys.clear()
