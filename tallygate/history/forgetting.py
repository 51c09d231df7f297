"""Forgetting: a product goes with all that the tables hold of it; of an application its usage stays, as that of nobody.

So a product's totals are what they were, while nobody can tell any more who was counted:

    step                                       after a crash in it
    1 copy entries, without their ids          the copy is dropped and made anew: it carries the number of its batch
    2 copy roll-ups, partition by partition    the marks tell which partitions have the copy, as those of any batch
    3 note that the copy is whole              steps 1 and 2 again, which change nothing
    4 delete the application's rows            once more

All applications that are forgotten are one: what is left of them cannot be told apart.
"""

from tallygate.history.deletion import Deletion
from tallygate.history.engine import Engine, Value
from tallygate.history.question import Consumer
from tallygate.history.schema import RAW, ROLLUPS, Table
from tallygate.history.store import Store

FORGOTTEN = "forgotten applications"
"""In place of an application's id: the usage of those who were forgotten. No id of the catalog has a space."""


class Forgetting:
    """Deletes rows from every table. Doing it twice is the same as doing it once.

    Every method raises HistoryUnavailable when the engine cannot do it now, and the methods that delete raise StillDeleting
    when it is not done yet; the next call goes on.
    """

    def __init__(self, engine: Engine, deletion: Deletion, store: Store) -> None:
        self._engine = engine
        self._deletion = deletion
        self._store = store

    def forget_product(self, product: str) -> None:
        """Returns when nothing is left of the product."""
        for table in (RAW, *ROLLUPS):
            self._deletion.delete(table, _of(table, product), **_values(product))

    def copy(self, who: Consumer, batch: int, again: bool) -> None:
        """Adds the application's usage to that of FORGOTTEN.

        Args:
            batch: The number of the batch that does so.
            again: Whether it may have begun to.
        """
        if again:
            self._deletion.delete(
                RAW,
                "product = {product} AND application = {nobody} AND position = {batch}",
                product=who.product,
                nobody=FORGOTTEN,
                batch=batch,
            )
        self._copy_entries(who, batch)
        for table in ROLLUPS:
            self._copy_rows(table, who, batch)

    def forget_application(self, who: Consumer) -> None:
        """Returns when nothing is left of the application. What was counted of it is to be copied first."""
        for table in (RAW, *ROLLUPS):
            self._deletion.delete(table, _of(table, *who), **_values(*who))

    def rows(self, product: str, application: str | None = None) -> dict[str, int]:
        """By table, how many rows it has of the product, or of one of its applications."""
        return {
            table.name: self._deletion.count(
                table, _of(table, product, application), **_values(product, application)
            )
            for table in (RAW, *ROLLUPS)
        }

    def _copy_entries(self, who: Consumer, batch: int) -> None:
        self._engine.execute(
            f"INSERT INTO {RAW.name}"
            " SELECT product, {nobody}, time_ms, metrics, deltas, code, '', toInt64({batch})"
            f" FROM {RAW.name} WHERE {_of(RAW, *who)}"
            " SETTINGS max_partitions_per_insert_block = 0",
            nobody=FORGOTTEN,
            batch=batch,
            **_values(*who),
        )

    def _copy_rows(self, table: Table, who: Consumer, batch: int) -> None:
        self._store.forget_marks()
        marks = self._store.marks(table)
        found = self._engine.query(
            f"SELECT DISTINCT intDiv(t, {table.partition_s}) AS number FROM {table.name}"
            f" WHERE {_of(table, *who)} ORDER BY number",
            **_values(*who),
        )
        for (number,) in found:
            before = marks.get(number, 0)
            if before < batch:
                self._copy_partition(table, who, number, batch - before)

    def _copy_partition(self, table: Table, who: Consumer, number: int, mark: int) -> None:
        """The rows and the partition's mark in one part, which comes to life at once."""
        self._engine.execute(
            f"INSERT INTO {table.name}"
            " SELECT series, product, {nobody}, t, sum(value)"
            f" FROM {table.name} WHERE {_of(table, *who)} AND t >= {{begin_s}} AND t < {{end_s}}"
            " GROUP BY series, product, t"
            " UNION ALL SELECT '', '', '', toInt64({begin_s}), toInt64({mark})"
            " SETTINGS max_threads = 1, max_block_size = 100000000, max_insert_block_size = 100000000,"
            " min_insert_block_size_rows = 100000000, min_insert_block_size_bytes = 0",
            nobody=FORGOTTEN,
            begin_s=number * table.partition_s,
            end_s=(number + 1) * table.partition_s,
            mark=mark,
            **_values(*who),
        )


def _of(table: Table, product: str, application: str | None = None) -> str:
    """The rows of a product, or of one of its applications. The marks, which are no product's, stay."""
    conditions = ["product = {product}"]
    if table is not RAW:
        conditions.append("series != ''")
    if application is not None:
        conditions.append("application = {application}")
    return " AND ".join(conditions)


def _values(product: str, application: str | None = None) -> dict[str, Value]:
    return {"product": product, "application": application or ""}
