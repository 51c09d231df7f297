"""Deleting all that the tables hold of a product, and counting it."""

import time

from tallygate.domain.errors import StillDeleting
from tallygate.history.engine import Engine
from tallygate.history.schema import RAW, ROLLUPS, Table

WITHIN_S = 30.0
"""How long one attempt waits until the engine has rewritten its files; questions wait as long."""
POLL_S = 0.01


class Forgetting:
    """Deletes a product's rows from every table. Doing it twice is the same as doing it once.

    The engine deletes by rewriting its files in the background. It remembers over a crash what it has
    to delete, and never deletes what is written after it was asked to.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def forget(self, product: str) -> None:
        """Returns when nothing is left of the product.

        Raises:
            StillDeleting: It is not gone yet; the next call goes on.
            HistoryUnavailable: The engine cannot do it now.
        """
        give_up_at_s = time.monotonic() + WITHIN_S
        for table in (RAW, *ROLLUPS):
            self._wait(table, give_up_at_s)  # for what an earlier call has begun
            if self._count(table, product):
                self._engine.execute(
                    f"ALTER TABLE {table.name} DELETE WHERE {_of_product(table)}", product=product
                )
                self._wait(table, give_up_at_s)

    def rows(self, product: str) -> dict[str, int]:
        """By table, how many rows it has of the product.

        Raises:
            HistoryUnavailable: The engine cannot answer now.
        """
        return {table.name: self._count(table, product) for table in (RAW, *ROLLUPS)}

    def _count(self, table: Table, product: str) -> int:
        sql = f"SELECT count() FROM {table.name} WHERE {_of_product(table)}"
        return int(self._engine.query(sql, product=product)[0][0])

    def _wait(self, table: Table, give_up_at_s: float) -> None:
        database, _, name = table.name.partition(".")
        sql = (
            "SELECT count() FROM system.mutations"
            " WHERE database = {database} AND table = {name} AND NOT is_done"
        )
        while self._engine.query(sql, database=database, name=name)[0][0]:
            if time.monotonic() > give_up_at_s:
                raise StillDeleting("the analytics engine is still deleting a product's rows")
            # Wakes those who rewrite: by themselves they look for more work once in a second.
            self._engine.execute(f"SYSTEM START MERGES {table.name}")
            time.sleep(POLL_S)


def _of_product(table: Table) -> str:
    """The rows of a product. The marks, which are no product's, stay."""
    return "product = {product}" if table is RAW else "product = {product} AND series != ''"
