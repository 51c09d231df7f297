"""What is kept how long: whole partitions are dropped once all of their time is past."""

from collections.abc import Mapping

from tallygate.history.engine import Engine
from tallygate.history.schema import MINUTE, QUARTER, RAW, Table

DAY_S = 86_400


class Retention:
    """Keeps raw entries and roll-ups for a number of days of event time; 0 = for ever."""

    def __init__(self, engine: Engine, raw_days: int, minute_days: int, quarter_days: int) -> None:
        self._engine = engine
        self._days: dict[Table, int] = {RAW: raw_days, MINUTE: minute_days, QUARTER: quarter_days}

    def since_s(self, before: Mapping[str, int], now_s: int) -> dict[str, int]:
        """By table, from when on its rows are kept; never earlier than `before`, as gone is gone."""
        since = dict(before)
        for table, days in self._days.items():
            if days:
                first = table.partition(now_s - days * DAY_S) * table.partition_s
                since[table.name] = max(first, since.get(table.name, 0))
        return since

    def drop(self, since_s: Mapping[str, int]) -> bool:
        """Drops the partitions that end before; says whether there were any.

        Raises:
            HistoryUnavailable: The engine cannot do it now.
        """
        dropped = False
        for table, since in ((table, since_s.get(table.name, 0)) for table in self._days):
            for number in self._partitions(table):
                if number < table.partition(since):
                    self._engine.execute(
                        f"ALTER TABLE {table.name} DROP PARTITION {{number}}", number=number
                    )
                    dropped = True
        return dropped

    def _partitions(self, table: Table) -> list[int]:
        database, _, name = table.name.partition(".")
        rows = self._engine.query(
            "SELECT DISTINCT partition FROM system.parts"
            " WHERE active AND database = {database} AND table = {name}",
            database=database,
            name=name,
        )
        return [int(number) for (number,) in rows]
