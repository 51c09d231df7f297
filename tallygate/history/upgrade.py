"""Bringing tables up to date that an earlier version has written."""

from tallygate.history import recount
from tallygate.history.deletion import Deletion
from tallygate.history.engine import Engine
from tallygate.history.schema import RAW, ROLLUPS, Table
from tallygate.history.series import PAIR

LAYOUT = 1
"""What the tables hold. 0: no response codes of metrics. 1: these too."""


class Upgrade:
    """Fills in what an earlier version did not write, as far back as raw entries are kept.

    Doing it twice is the same as doing it once; nobody may write to the tables meanwhile.
    """

    def __init__(self, engine: Engine, deletion: Deletion) -> None:
        self._engine = engine
        self._deletion = deletion

    def run(self, raw_since_s: int) -> None:
        """Brings tables of layout 0 to LAYOUT.

        Args:
            raw_since_s: From when on raw entries are kept.

        Raises:
            HistoryUnavailable: It is done in part; run it again.
        """
        for table in ROLLUPS:
            if table.codes_of_metrics:
                self._deletion.delete(table, "startsWith(series, {pair})", pair=PAIR)
                for day in self._days(raw_since_s):
                    self._fill(table, day)

    def _days(self, since_s: int) -> list[int]:
        """Those of which there are raw entries, as numbers of partitions."""
        rows = self._engine.query(
            f"SELECT DISTINCT intDiv(time_ms, {RAW.partition_s * 1000}) AS day FROM {RAW.name}"
            " WHERE time_ms >= {since_ms} ORDER BY day",
            since_ms=since_s * 1000,
        )
        return [int(day) for (day,) in rows]

    def _fill(self, table: Table, day: int) -> None:
        self._engine.execute(
            f"INSERT INTO {table.name} SELECT series, product, application, t, sum(value)"
            f" FROM ({recount.codes_of_metrics()}) GROUP BY series, product, application, t",
            step_s=table.step_s,
            step_ms=table.step_s * 1000,
            begin_ms=day * RAW.partition_s * 1000,
            end_ms=(day + 1) * RAW.partition_s * 1000,
        )
