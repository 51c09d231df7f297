"""Recomputes the roll-ups from the raw entries still kept and lists where they differ."""

from collections.abc import Mapping
from typing import NamedTuple

from tallygate.history import recount
from tallygate.history.engine import Engine
from tallygate.history.schema import RAW, ROLLUPS, Table

DAY_S = 86_400


class Difference(NamedTuple):
    """A row of a roll-up that is not the sum of its raw entries, or of its applications' where no entries are kept.

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


def days(engine: Engine, since_s: Mapping[str, int]) -> list[tuple[Table, int]]:
    """The days (their numbers since 1970) to compare, for each roll-up.

    Args:
        since_s: By table, from when on its rows are kept.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    found = []
    for table in ROLLUPS:
        begin_s = _begin_s(table, since_s)
        rows = engine.query(
            f"SELECT DISTINCT intDiv(time_ms, {DAY_S * 1000}) AS day FROM {RAW.name}"
            " WHERE time_ms >= {begin_ms} UNION ALL"
            f" SELECT DISTINCT intDiv(t, {DAY_S}) FROM {table.name}"
            " WHERE t >= {begin_s} AND series != ''",
            begin_ms=begin_s * 1000,
            begin_s=begin_s,
        )
        found += [(table, day) for day in sorted({int(day) for (day,) in rows})]
    return found


def differences(
    engine: Engine, table: Table, day: int, since_s: Mapping[str, int]
) -> list[Difference]:
    """Where a roll-up's rows of a day differ. The tables must stand still meanwhile.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    begin_s = max(day * DAY_S, _begin_s(table, since_s))
    end_s = (day + 1) * DAY_S
    rows = engine.query(
        "SELECT series, product, application, t, sum(expected) AS wanted, sum(found) AS there FROM ("
        "  SELECT series, product, application, t, value AS expected, toInt64(0) AS found"
        f"  FROM ({recount.all_of(table)}) UNION ALL"
        "  SELECT series, product, application, t, toInt64(0) AS expected, value AS found"
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
    return [Difference(table.name, *row) for row in rows]


def months(engine: Engine, since_s: Mapping[str, int]) -> list[tuple[Table, int]]:
    """The partitions whose totals are to be added up, because no raw entries are kept of their time, for each roll-up.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    return [
        (table, int(number))
        for table in ROLLUPS
        for (number,) in engine.query(
            f"SELECT DISTINCT intDiv(t, {table.partition_s}) AS number FROM {table.name}"
            " WHERE t < {end_s} AND series != '' ORDER BY number",
            end_s=_begin_s(table, since_s),
        )
    ]


def totals(
    engine: Engine, table: Table, number: int, since_s: Mapping[str, int]
) -> list[Difference]:
    """Where a product's total in a partition is not the sum over its applications, in the time of which no raw entries are kept.

    The tables must stand still meanwhile.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    rows = engine.query(
        "SELECT series, product, t, sumIf(value, application != '') AS wanted,"
        f" sumIf(value, application = '') AS there FROM {table.name}"
        " WHERE t >= {begin_s} AND t < {end_s} AND series != ''"
        " GROUP BY series, product, t HAVING wanted != there ORDER BY series, product, t",
        begin_s=number * table.partition_s,
        end_s=min((number + 1) * table.partition_s, _begin_s(table, since_s)),
    )
    return [Difference(table.name, series, product, "", *rest) for series, product, *rest in rows]


def _begin_s(table: Table, since_s: Mapping[str, int]) -> int:
    """From when on both the raw entries and the roll-up are kept."""
    return max(since_s.get(RAW.name, 0), since_s.get(table.name, 0))
