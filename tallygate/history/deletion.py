"""Deleting rows of the tables.

The engine deletes by rewriting its files in the background. It remembers over a crash what it has to
delete, and never deletes what is written after it was asked to.
"""

import time

from tallygate.domain.errors import StillDeleting
from tallygate.history.engine import Engine, Value
from tallygate.history.schema import Table

WITHIN_S = 30.0
"""How long one call waits until the engine has rewritten its files; questions wait as long."""
POLL_S = 0.01


class Deletion:
    """Deletes, and waits until it is done. Doing it twice is the same as doing it once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def delete(self, table: Table, where: str, **values: Value) -> None:
        """Returns when no row of the table is left that fits.

        Raises:
            StillDeleting: Some are left; the next call goes on.
            HistoryUnavailable: The engine cannot do it now.
        """
        give_up_at_s = time.monotonic() + WITHIN_S
        self._wait(table, give_up_at_s)  # for what an earlier call has begun
        if self.count(table, where, **values):
            self._engine.execute(f"ALTER TABLE {table.name} DELETE WHERE {where}", **values)
            self._wait(table, give_up_at_s)
        self._drop_notes(table)

    def count(self, table: Table, where: str, **values: Value) -> int:
        """How many rows of the table fit.

        Raises:
            HistoryUnavailable: The engine cannot answer now.
        """
        sql = f"SELECT count() FROM {table.name} WHERE {where}"
        return int(self._engine.query(sql, **values)[0][0])

    def _drop_notes(self, table: Table) -> None:
        """The engine would keep for long what it was asked to delete, and that names it."""
        database, _, name = table.name.partition(".")
        self._engine.execute(
            "KILL MUTATION WHERE database = {database} AND table = {name} AND is_done SYNC",
            database=database,
            name=name,
        )

    def _wait(self, table: Table, give_up_at_s: float) -> None:
        database, _, name = table.name.partition(".")
        sql = (
            "SELECT count() FROM system.mutations"
            " WHERE database = {database} AND table = {name} AND NOT is_done"
        )
        while self._engine.query(sql, database=database, name=name)[0][0]:
            if time.monotonic() > give_up_at_s:
                raise StillDeleting(f"the analytics engine is still deleting rows of {table.name}")
            # Wakes those who rewrite: by themselves they look for more work once in a second.
            self._engine.execute(f"SYSTEM START MERGES {table.name}")
            time.sleep(POLL_S)
