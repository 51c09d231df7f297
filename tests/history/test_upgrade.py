"""What an earlier version has written is brought up to date, once, whatever happens."""

from pathlib import Path

import pytest
from support.history_data import NOW_S, MemoryLog, entry, open_history

from tallygate.domain.calendar import find_zone, window
from tallygate.history import History, Question
from tallygate.history.engine import ChdbEngine, Value
from tallygate.history.schema import create_tables
from tallygate.ledger.entry import Entry
from tallygate.settings import Settings

DAY_S = 86_400
EVER = window(find_zone("UTC"), NOW_S, period="eternity")


class Crash(Exception):
    """The process is gone."""


def hits(count: int) -> list[Entry]:
    """On six days, in two partitions of the roll-up."""
    return [
        entry(NOW_S - index % 6 * 6 * DAY_S, {"7": 2, "8": 1}, code=200 + index % 2 * 204)
        for index in range(count)
    ]


@pytest.fixture
def log(home: Path) -> MemoryLog:
    """The log of a home whose history knows no response codes of metrics."""
    log = MemoryLog(hits(60))
    with open_history(home, log) as history:
        history.catch_up()
        history._engine.execute(
            "ALTER TABLE history.usage_quarter DELETE WHERE startsWith(series, 'mc:')"
            " SETTINGS mutations_sync = 1"
        )
        assert total(history, "mc:404:8") == 0
    (home / "history" / "historian.json").write_text('{"position":60,"batch":null,"since_s":{}}')
    return log


def total(history: History, series: str) -> int:
    return history.ask(Question((series,), EVER, "1", "app")).total


def test_response_codes_of_metrics_are_filled_in(home: Path, log: MemoryLog) -> None:
    log.entries += hits(6)
    for _ in range(2):
        with open_history(home, log) as history:
            assert [total(history, f"mc:{code}:8") for code in (200, 404)] == [33, 33]
            assert [total(history, series) for series in ("m:7", "c:404")] == [132, 33]
            assert history.verify() == []


def test_a_question_alone_is_enough_and_nothing_new_need_be_in_the_log(
    home: Path, log: MemoryLog
) -> None:
    with open_history(home, log) as history:
        assert total(history, "mc:404:8") == 30


def test_only_days_of_which_all_raw_entries_are_kept_are_filled_in(
    home: Path, log: MemoryLog
) -> None:
    with open_history(home, log, raw_days=10) as history:
        history.retain()
        assert total(history, "mc:200:8") + total(history, "mc:404:8") == 20
        assert (total(history, "m:8"), history.verify()) == (60, [])


class DyingEngine(ChdbEngine):
    """Dies around the n-th statement of the upgrade."""

    def __init__(self, home: Path, number: int, after: bool) -> None:
        super().__init__(Settings(home=home).history, create_tables)
        self._left, self._after = number, after

    def execute(self, sql: str, **values: Value) -> None:
        counted = sql.startswith(("ALTER", "INSERT"))
        self._left -= counted
        if counted and self._left == 0 and not self._after:
            raise Crash
        super().execute(sql, **values)
        if counted and self._left == 0:
            raise Crash


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_any_step_fills_in_nothing_twice(
    home: Path, log: MemoryLog, after: bool
) -> None:
    """There is one step for each of the six days at first; then one more that deletes what is there."""
    for number in (1, 3, 6):
        dying = DyingEngine(home, number, after)
        with open_history(home, log, engine=dying) as history, pytest.raises(Crash):
            history.catch_up()
    with open_history(home, log) as history:
        assert [total(history, f"mc:{code}:8") for code in (200, 404)] == [30, 30]
        assert history.verify() == []


def test_notes_that_say_nothing_of_what_the_tables_hold_are_read(
    home: Path, log: MemoryLog
) -> None:
    note = '{"position":{"":60},"batches":60}'
    (home / "history" / "historian.json").write_text(note)
    log.entries += hits(6)
    with open_history(home, log) as history:
        assert [total(history, series) for series in ("m:8", "mc:404:8")] == [66, 33]
        assert history.verify() == []


def test_a_batch_that_the_earlier_version_had_not_ended_is_ended_first(
    home: Path, log: MemoryLog
) -> None:
    log.entries += hits(40)
    note = '{"position":60,"batch":{"end":100,"entries":40},"since_s":{}}'
    (home / "history" / "historian.json").write_text(note)
    with open_history(home, log) as history:
        assert [total(history, series) for series in ("m:8", "mc:404:8")] == [100, 50]
        assert history.verify() == []
