"""What the tables take on disk, and what they will take: as now, but for what comes and what is no longer kept."""

from typing import NamedTuple

from tallygate.history.engine import Engine
from tallygate.history.retention import DAY_S
from tallygate.history.schema import RAW, ROLLUPS, Table

MEASURED_DAYS = 14
"""The pace is that of so many days, or of two partitions where those are longer."""


class Use(NamedTuple):
    """A table's use of the disk.

    Attributes:
        bytes_a_day: What a day of usage takes, of late.
        partition_days: Only whole partitions are dropped, each this long.
    """

    table: str
    rows: int
    bytes: int
    bytes_a_day: int
    partition_days: int

    def in_days(self, days: int, kept_days: int) -> int:
        """The bytes that it will take, if usage goes on as of late and is kept for so long; 0 = for ever."""
        grown = self.bytes + days * self.bytes_a_day
        if not kept_days:
            return grown
        held_days = kept_days + self.partition_days
        most = held_days * self.bytes_a_day
        return most if days >= held_days else min(grown, max(self.bytes, most))


def uses(engine: Engine, now_s: int) -> list[Use]:
    """Of every table.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    return [_use(engine, table, now_s) for table in (RAW, *ROLLUPS)]


def _use(engine: Engine, table: Table, now_s: int) -> Use:
    database, _, name = table.name.partition(".")
    found = engine.query(
        "SELECT partition, sum(rows), sum(bytes_on_disk) FROM system.parts"
        " WHERE active AND database = {database} AND table = {name} GROUP BY partition",
        database=database,
        name=name,
    )
    parts = [(int(number), int(rows), int(size)) for number, rows, size in found]
    measured_s = max(MEASURED_DAYS * DAY_S, 2 * table.partition_s)
    first = table.partition(now_s - measured_s)
    of_late = sum(size for number, _, size in parts if number >= first)
    return Use(
        table.name,
        sum(rows for _, rows, _ in parts),
        sum(size for _, _, size in parts),
        round(of_late / _days_since(engine, table, first, now_s)),
        table.partition_s // DAY_S,
    )


def _days_since(engine: Engine, table: Table, partition: int, now_s: int) -> float:
    """How many days of usage the partitions from this one on hold; at least one."""
    column, unit = ("time_ms", 1000) if table is RAW else ("t", 1)
    marks = "" if table is RAW else " AND series != ''"
    ((oldest,),) = engine.query(
        f"SELECT min({column}) FROM {table.name} WHERE {column} >= {{begin}}{marks}",
        begin=partition * table.partition_s * unit,
    )
    begin_s = int(oldest) // unit
    return max(1.0, (now_s - begin_s) / DAY_S) if begin_s else 1.0
