"""From the tables that the catalog writes to Redis: all of it, whatever fails in between."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.redis_server import RedisServer

from tallygate.redis.partitions import Partitions
from tallygate.redis.url import parse_url
from tallygate.registry.outbox import Outbox
from tallygate.registry.records import AlertLimit, Application, Limit, Metric, Service
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.store import RedisStores
from tallygate.registry.store import Tables
from tallygate.registry.tables import RegistryTables
from tallygate.registry.writer import KEEP_REVISIONS, RegistryWriter, create_tables

pytestmark = pytest.mark.service


class Home:
    """Tables in SQLite, and their outbox."""

    def __init__(self, folder: Path, url: str) -> None:
        database = folder / "tallygate.db"
        self.connection = sqlite3.connect(database, isolation_level=None)
        create_tables(self.connection)
        self.tables = RegistryTables(self.connection)
        self.writer = RegistryWriter(self.connection)
        self._url = url
        self.outbox = Outbox(database, folder / "publish.lock", self.stores)

    def stores(self) -> RedisStores:
        return RedisStores(parse_url(self._url), RegistryKeys(Partitions(8)))

    def on_redis(self, *services: str) -> Any:
        stores = self.stores()
        try:
            return stores.run(lambda store: seen(store.tables, *services), writing=False)
        finally:
            stores.close()


@pytest.fixture
def place(tmp_path: Path, redis_server: RedisServer) -> Iterator[Home]:
    with redis_server.client() as administration:
        administration.flushall()
    made = Home(tmp_path, redis_server.url)
    yield made
    made.connection.close()


def seen(tables: Tables, *services: str) -> Any:
    """All that tables hold of some services."""
    return [
        (
            tables.service(service),
            sorted(tables.tokens(service)),
            sorted(tables.metrics(service), key=str),
            sorted(tables.limits(service), key=str),
            tables.alert_levels(service),
            [
                (
                    tables.application(service, name),
                    sorted(tables.application_keys(service, name)),
                    sorted(tables.referrer_filters(service, name)),
                    sorted(tables.user_keys_of(service, name)),
                )
                for name in sorted(tables.application_ids(service))
            ],
        )
        for service in services
    ]


def fill(writer: RegistryWriter, service: str = "10", applications: int = 3) -> None:
    writer.put_service(Service(service, "pk", "1", default=True))
    writer.put_service_token(service, f"token{service}")
    writer.put_metric(Metric(service, f"{service}1", "hits"))
    writer.put_metric(Metric(service, f"{service}2", "method", f"{service}1"))
    writer.put_limit(Limit(service, "p", f"{service}1", "day", 7))
    writer.put_alert_limit(AlertLimit(service, 80))
    for number in range(applications):
        writer.put_application(Application(service, f"app{number}", plan_id="p"))
        writer.put_user_key(service, f"uk{service}-{number}", f"app{number}")
        writer.put_application_key(service, f"app{number}", f"key{number}")
        writer.put_referrer_filter(service, f"app{number}", f"*.{number}.org")


def test_all_that_was_committed_is_copied(place: Home) -> None:
    fill(place.writer)
    fill(place.writer, "11")
    place.outbox.flush()
    assert place.on_redis("10", "11") == seen(place.tables, "10", "11")
    assert place.tables.service("10") == Service("10", "pk", "1")


def test_changes_and_deletions_are_copied(place: Home) -> None:
    fill(place.writer)
    fill(place.writer, "11")
    place.outbox.flush()
    writer = place.writer
    writer.delete_service_token("10", "token10")
    writer.put_service_token("10", "other")
    writer.delete_metric("10", "101")
    writer.put_limit(Limit("10", "p", "102", "hour", 3))
    writer.delete_alert_limit("10", 80)
    writer.put_alert_limit(AlertLimit("10", 100))
    writer.put_application(Application("10", "app0", "suspended"))
    writer.delete_application("10", "app1")
    writer.put_user_key("10", "uk10-0", "app2")
    writer.delete_application_key("10", "app2", "key2")
    writer.change_provider_key("pk", "new")
    writer.delete_service("11")
    place.outbox.flush()
    assert place.on_redis("10", "11") == seen(place.tables, "10", "11")
    assert place.on_redis("11")[0][0] is None


def test_services_of_others_are_left_alone(place: Home) -> None:
    stores = place.stores()
    stores.run(lambda store: store.writer.put_service(Service("99", "theirs")), writing=True)
    fill(place.writer)
    place.outbox.flush()
    place.writer.delete_service("10")
    place.outbox.flush()
    assert stores.run(lambda store: store.tables.service("99"), writing=False) is not None
    stores.close()


def test_what_redis_has_lost_is_copied_again(place: Home, redis_server: RedisServer) -> None:
    fill(place.writer)
    place.outbox.flush()
    with redis_server.client() as administration:
        administration.flushall()
    place.outbox.flush()
    assert place.on_redis("10") == seen(place.tables, "10")


def test_a_journal_that_no_longer_reaches_back_loses_nothing(place: Home) -> None:
    """Also not what was deleted meanwhile."""
    fill(place.writer)
    fill(place.writer, "11")
    place.outbox.flush()
    place.writer.delete_application("10", "app1")
    place.writer.delete_service("11")
    place.connection.execute("BEGIN")
    for number in range(KEEP_REVISIONS + 2_000):
        place.writer.put_application(Application("10", "app2", plan_name=str(number)))
    place.connection.execute("COMMIT")
    (first,) = place.connection.execute("SELECT min(revision) FROM registry_journal").fetchone()
    assert first > 100
    place.outbox.flush()
    assert place.on_redis("10", "11") == seen(place.tables, "10", "11")


def test_what_could_not_be_copied_stays_in_the_outbox(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis") as server:
        place = Home(tmp_path, server.url)
        server.kill()
        fill(place.writer)
        with pytest.raises(OSError, match="Redis"):
            place.outbox.flush()
        server.start()
        place.outbox.flush()
        assert place.on_redis("10") == seen(place.tables, "10")
        place.connection.close()
