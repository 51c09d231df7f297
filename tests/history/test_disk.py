"""What the tables take on disk is told as it is, and what they will take follows from the times that are kept."""

import pytest
from support.history_data import NOW_S, MemoryLog, entry

from tallygate.history import History
from tallygate.history.disk import Use
from tallygate.history.schema import RAW, ROLLUPS

DAY_S = 86_400


def test_each_table_tells_what_its_parts_take(history: History, log: MemoryLog) -> None:
    log.entries += [entry(NOW_S - index * 600) for index in range(20 * 144)]
    found = {use.table: use for use in history.disk()}
    assert set(found) == {table.name for table in (RAW, *ROLLUPS)}
    assert found[RAW.name].rows == 20 * 144
    for use in found.values():
        ((size,),) = history._engine.query(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND concat(database, '.', table) = {name}",
            name=use.table,
        )
        assert use.bytes == int(size) > 0
        assert use.bytes_a_day == pytest.approx(use.bytes / 20, rel=0.5)


def test_the_pace_is_that_of_late(history: History, log: MemoryLog) -> None:
    """What came half a year ago is held, and does not count as what comes now."""
    log.entries += [
        entry(NOW_S - 180 * DAY_S - index * 60, {str(index): 1}) for index in range(3_000)
    ]
    log.entries.append(entry(NOW_S - 3_600))
    quarter = history.disk()[-1]
    assert 0 < quarter.bytes_a_day < quarter.bytes / 5


def test_nothing_takes_nothing(history: History) -> None:
    assert [use[1:4] for use in history.disk()] == [(0, 0, 0)] * 3


def test_what_is_kept_for_a_time_stops_growing() -> None:
    """Whole partitions are dropped: up to one more than is to be kept is held."""
    use = Use("raw", 1, bytes=1_000, bytes_a_day=100, partition_days=1)
    assert [use.in_days(days, 30) for days in (0, 10, 30, 31, 365)] == [1_000, 2_000, 3_100, 3_100, 3_100]  # fmt: skip
    assert [use.in_days(days, 5) for days in (0, 1, 6, 365)] == [1_000, 1_000, 600, 600]
    assert [use.in_days(days, 0) for days in (0, 365)] == [1_000, 37_500]
