"""Recomputes the roll-ups from the raw entries still kept and lists where they differ."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tallygate.history.engine import Engine
from tallygate.history.schema import RAW, ROLLUPS, Table


class Difference(NamedTuple):
    """A row of a roll-up that is not the sum of its raw entries.

    Attributes:
        t: The row's first second, UTC.
        expected: The sum over the raw entries.
        found: What the roll-up says.
    """

    table: str
    series: str
    product: str
    application: str
    t: int
    expected: int
    found: int


_SUMS = f"""
    SELECT concat('m:', metric) AS series, product, application,
        intDiv(time_ms, {{step_ms}}) * {{step_s}} AS t, delta AS expected, toInt64(0) AS found
    FROM {RAW.name} ARRAY JOIN metrics AS metric, deltas AS delta
    WHERE time_ms >= {{begin_ms}} AND time_ms < {{end_ms}}
  UNION ALL
    SELECT concat('c:', toString(code)), product, application,
        intDiv(time_ms, {{step_ms}}) * {{step_s}}, toInt64(1), toInt64(0)
    FROM {RAW.name} WHERE time_ms >= {{begin_ms}} AND time_ms < {{end_ms}} AND code != 0
"""


def verify(engine: Engine, since_s: Mapping[str, int]) -> Iterator[Difference]:
    """Every difference, day by day; nothing if all is well. The tables must stand still meanwhile.

    Args:
        since_s: By table, from when on its rows are kept.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    for table in ROLLUPS:
        begin_s = max(since_s.get(RAW.name, 0), since_s.get(table.name, 0))
        for day in _days(engine, table, begin_s):
            yield from _differences(engine, table, max(day * RAW.partition_s, begin_s))


def _days(engine: Engine, table: Table, begin_s: int) -> list[int]:
    """The days that have raw entries or rows of the roll-up."""
    rows = engine.query(
        f"SELECT DISTINCT intDiv(time_ms, {RAW.partition_s * 1000}) AS day FROM {RAW.name}"
        " WHERE time_ms >= {begin_ms} UNION ALL"
        f" SELECT DISTINCT intDiv(t, {RAW.partition_s}) FROM {table.name}"
        " WHERE t >= {begin_s} AND series != ''",
        begin_ms=begin_s * 1000,
        begin_s=begin_s,
    )
    return sorted({int(day) for (day,) in rows})


def _differences(engine: Engine, table: Table, begin_s: int) -> Iterator[Difference]:
    end_s = begin_s // RAW.partition_s * RAW.partition_s + RAW.partition_s
    rows = engine.query(
        "SELECT series, product, application, t, sum(expected) AS wanted, sum(found) AS there FROM ("
        f"  SELECT * FROM ({_SUMS}) UNION ALL"
        f"  SELECT series, product, '', t, expected, found FROM ({_SUMS}) WHERE application != ''"
        "  UNION ALL SELECT series, product, application, t, toInt64(0), value"
        f"  FROM {table.name} WHERE t >= {{begin_s}} AND t < {{end_s}} AND series != ''"
        ") GROUP BY series, product, application, t HAVING wanted != there"
        " ORDER BY series, product, application, t",
        step_s=table.step_s,
        step_ms=table.step_s * 1000,
        begin_s=begin_s,
        end_s=end_s,
        begin_ms=begin_s * 1000,
        end_ms=end_s * 1000,
    )
    for row in rows:
        yield Difference(table.name, *row)
