"""A registry of many applications for the listener's benchmarks."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from tallygate.redis.installation import partitions_of
from tallygate.redis.url import parse_url
from tallygate.registry.records import Application, Limit, Metric, Service
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.store import RedisStores
from tallygate.registry.store import Writer
from tallygate.registry.writer import RegistryWriter, create_tables
from tallygate.settings import Settings

NEVER_REACHED = 10**12
AT_ONCE = 2_000


def fill(database: Path, applications: int) -> None:
    """One product with a method under hits, a plan with three limits, and so many applications."""
    database.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    create_tables(connection)
    writer = RegistryWriter(connection)
    connection.execute("BEGIN")
    _put_service(writer)
    _put_applications(writer, range(applications))
    connection.execute("COMMIT")
    connection.close()


def fill_redis(url: str, applications: int) -> None:
    """The same on Redis."""
    where = parse_url(url)
    stores = RedisStores(where, RegistryKeys(partitions_of(where, Settings().ledger_partitions)))
    stores.run(lambda store: _put_service(store.writer), writing=True)
    for start in range(0, applications, AT_ONCE):
        part = range(start, min(start + AT_ONCE, applications))
        stores.run(lambda store, part=part: _put_applications(store.writer, part), writing=True)
    stores.close()


def _put_service(writer: Writer) -> None:
    writer.put_service(Service("1", "provider-key", "1", default=True))
    writer.put_service_token("1", "token")
    writer.put_metric(Metric("1", "10", "hits"))
    writer.put_metric(Metric("1", "11", "list", "10"))
    for metric, period in (("10", "minute"), ("10", "month"), ("11", "day")):
        writer.put_limit(Limit("1", "5", metric, period, NEVER_REACHED))


def _put_applications(writer: Writer, numbers: Iterable[int]) -> None:
    for number in numbers:
        name = f"{number:08x}"
        writer.put_application(Application("1", name, plan_id="5", plan_name="Basic"))
        writer.put_user_key("1", f"{number:032x}", name)
