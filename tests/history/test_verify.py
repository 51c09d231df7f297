"""`verify` finds every row of a roll-up that is not the sum of its raw entries."""

import pytest
from support.history_data import NOW_S, MemoryLog, entry

from tallygate.history import Difference, History

MINUTE_S, QUARTER_S = NOW_S // 60 * 60, NOW_S // 900 * 900


@pytest.fixture
def filled(history: History, log: MemoryLog) -> History:
    """Two days with usage and response codes."""
    log.entries += [entry(usage={"7": 2, "8": -3}, code=200), entry(NOW_S - 86_400, code=404)]
    history.catch_up()
    return history


def test_there_are_no_differences_when_all_is_well(filled: History) -> None:
    assert filled.verify() == []


def test_an_empty_history_has_no_differences(history: History) -> None:
    assert history.verify() == []


@pytest.mark.parametrize(
    ("table", "t"),
    [("history.usage_minute", MINUTE_S), ("history.usage_quarter", QUARTER_S)],
)
@pytest.mark.parametrize(
    ("series", "application", "expected"),
    [("m:7", "", 2), ("m:7", "app", 2), ("m:8", "app", -3), ("c:200", "", 1), ("m:9", "app", 0)],
)
def test_a_planted_difference_is_found(
    filled: History, table: str, t: int, series: str, application: str, expected: int
) -> None:
    filled._engine.insert(table, [(series, "1", application, t, 5)])
    wanted = Difference(table, series, "1", application, t, expected, expected + 5)
    assert filled.verify() == [wanted]


@pytest.mark.parametrize(
    ("table", "t", "series", "expected"),
    [
        ("history.usage_quarter", QUARTER_S, "mc:200:8", 1),
        ("history.usage_quarter", QUARTER_S, "mc:404:8", 0),
        ("history.usage_minute", MINUTE_S, "mc:200:8", 0),
    ],
)
def test_a_planted_response_code_of_a_metric_is_found(
    filled: History, table: str, t: int, series: str, expected: int
) -> None:
    filled._engine.insert(table, [(series, "1", "app", t, 5)])
    assert filled.verify() == [Difference(table, series, "1", "app", t, expected, expected + 5)]


def test_a_row_that_is_missing_is_found(filled: History) -> None:
    filled._engine.execute("ALTER TABLE history.usage_quarter DROP PARTITION 611")
    assert {found.found for found in filled.verify()} == {0}
    assert len(filled.verify()) == 16


@pytest.mark.parametrize("table", ["history.usage_minute", "history.usage_quarter"])
@pytest.mark.parametrize("application", ["", "app"])
def test_a_planted_difference_older_than_the_entries_is_found(
    history: History, log: MemoryLog, table: str, application: str
) -> None:
    """The applications do not add up to the product's total any more."""
    t = QUARTER_S - 45 * 86_400
    log.entries += [entry(t, usage={"7": 2}), entry(t, usage={"7": 3}, application="b"), entry()]
    assert history.verify() == []
    history._engine.insert(table, [("m:7", "1", application, t, 5)])
    wanted, found = (5, 10) if application == "" else (10, 5)
    assert history.verify() == [Difference(table, "m:7", "1", "", t, wanted, found)]
