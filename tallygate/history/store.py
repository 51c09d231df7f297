"""Writing batches into the tables, each exactly once.

A partition's rows of a batch become one part, and a part comes to life in one rename: it is there or
not. Each part carries the number of its batch: `raw` in the column `position`, a roll-up in one row with
empty names whose values add up to it. After a crash the marks tell which partitions already hold the
batch, and only the others are written.

(Not the engine's own insert deduplication: on a table that is not replicated it notes the block before
the part comes to life, so that a process killed between the two loses the block.)
"""

from collections.abc import Iterable, Sequence

from tallygate.history.batch import Point, points, raw_rows
from tallygate.history.engine import Engine, Rows
from tallygate.history.schema import RAW, ROLLUPS, Table
from tallygate.ledger.entry import Entry

Marks = dict[int, int]
"""By partition, the number of the last batch that it holds."""


class Store:
    """The tables as the historian writes them. One writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._marks: dict[str, Marks] = {}

    def write(self, entries: Sequence[Entry], batch: int, since_s: dict[str, int]) -> None:
        """Writes a batch that no table holds yet, by its number. What lies before a table's `since_s` is left out.

        Raises:
            HistoryUnavailable: It may be written in part; `complete` it.
        """
        for table in (RAW, *ROLLUPS):
            rows = self._rows(table, entries, batch, since_s)
            self._insert(table, self.marks(table), rows, batch)

    def complete(self, entries: Sequence[Entry], batch: int, since_s: dict[str, int]) -> None:
        """Writes what is missing of a batch that may be written in part.

        Raises:
            HistoryUnavailable: It may still be written in part.
        """
        self.forget_marks()
        for table in (RAW, *ROLLUPS):
            marks = self._read_marks(table, batch)
            rows = self._rows(table, entries, batch, since_s)
            missing = {number: rows[number] for number in rows if marks.get(number, 0) < batch}
            self._insert(table, marks, missing, batch)

    def forget_marks(self) -> None:
        """Partitions were written or dropped by someone else, or it is not known which were written."""
        self._marks.clear()

    def last_batch(self) -> int:
        """The number of the last batch of which anything is kept; 0 if nothing is.

        Raises:
            HistoryUnavailable: The engine cannot answer now.
        """
        marks = [number for table in ROLLUPS for number in self._read_marks(table, 0).values()]
        ((of_raw,),) = self._engine.query(f"SELECT max(position) FROM {RAW.name}")
        return max([int(of_raw), *marks])

    def _rows(
        self, table: Table, entries: Iterable[Entry], batch: int, since_s: dict[str, int]
    ) -> dict[int, Rows]:
        rows = raw_rows(entries, batch) if table is RAW else dict(points(entries, table))
        first = table.partition(since_s.get(table.name, 0))
        return {number: part for number, part in rows.items() if number >= first}

    def _insert(self, table: Table, marks: Marks, parts: dict[int, Rows], batch: int) -> None:
        rows = [row for part in parts.values() for row in part]
        if table is not RAW:
            rows += [
                Point("", "", "", number * table.partition_s, batch - marks.get(number, 0))
                for number in parts
            ]
        if rows:
            self._engine.insert(table.name, rows)
        marks.update(dict.fromkeys(parts, batch))

    def marks(self, table: Table) -> Marks:
        """By partition of a roll-up, the last batch that it holds. `raw` has none.

        Raises:
            HistoryUnavailable: The engine cannot answer now.
        """
        if table is RAW:
            return {}
        if table.name not in self._marks:
            self._marks[table.name] = self._read_marks(table, 0)
        return self._marks[table.name]

    def _read_marks(self, table: Table, batch: int) -> Marks:
        """The partitions' marks; of `raw` only those of the partitions that hold the batch."""
        if table is RAW:
            sql = (
                f"SELECT DISTINCT intDiv(time_ms, {RAW.partition_s * 1000}), position"
                f" FROM {RAW.name} WHERE position = {{batch}}"
            )
            return dict(self._engine.query(sql, batch=batch))
        sql = (
            f"SELECT intDiv(t, {table.partition_s}), sum(value) FROM {table.name}"
            " WHERE series = '' AND product = '' AND application = '' GROUP BY t"
        )
        return dict(self._engine.query(sql))
