"""A registry of many applications for the listener's benchmarks."""

import sqlite3
from pathlib import Path

from tallygate.registry.records import Application, Limit, Metric, Service
from tallygate.registry.writer import RegistryWriter, create_tables

NEVER_REACHED = 10**12


def fill(database: Path, applications: int) -> None:
    """One product with a method under hits, a plan with three limits, and so many applications."""
    database.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    create_tables(connection)
    writer = RegistryWriter(connection)
    connection.execute("BEGIN")
    writer.put_service(Service("1", "provider-key", "1", default=True))
    writer.put_service_token("1", "token")
    writer.put_metric(Metric("1", "10", "hits"))
    writer.put_metric(Metric("1", "11", "list", "10"))
    for metric, period in (("10", "minute"), ("10", "month"), ("11", "day")):
        writer.put_limit(Limit("1", "5", metric, period, NEVER_REACHED))
    for number in range(applications):
        name = f"{number:08x}"
        writer.put_application(Application("1", name, plan_id="5", plan_name="Basic"))
        writer.put_user_key("1", f"{number:032x}", name)
    connection.execute("COMMIT")
    connection.close()
