"""A registry on a real SQLite file, and a second connection that publishes to it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallygate.registry.reader import SqliteRegistry
from tallygate.registry.records import Application, Metric, Service
from tallygate.registry.writer import RegistryWriter


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "tallygate.db"


@pytest.fixture
def registry(database: Path) -> Iterator[SqliteRegistry]:
    """A reader whose caches hold four applications."""
    opened = SqliteRegistry(database, cached_applications=4)
    yield opened
    opened.close()


@pytest.fixture
def connection(registry: SqliteRegistry, database: Path) -> Iterator[sqlite3.Connection]:
    """The publisher's own connection, in autocommit; tests begin transactions where they need one."""
    opened = sqlite3.connect(database, isolation_level=None, timeout=30)
    yield opened
    opened.close()


@pytest.fixture
def writer(connection: sqlite3.Connection) -> RegistryWriter:
    """Publishes through `connection`; service 10 of provider `pk` with metric `hits` and application `app` is there."""
    made = RegistryWriter(connection)
    made.put_service(Service("10", "pk", "1"))
    made.put_metric(Metric("10", "1", "hits"))
    made.put_application(Application("10", "app", plan_id="p", plan_name="Basic"))
    return made
