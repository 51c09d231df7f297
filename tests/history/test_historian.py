"""Every entry of the log comes into the history exactly once, whatever happens."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from support.history_data import NOW_S, MemoryLog, entry, open_history

from tallygate.domain.calendar import Granularity, find_zone, last, window
from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import HistoryUnavailable, QuestionError
from tallygate.history import History, Question, historian
from tallygate.history.engine import ChdbEngine, Rows
from tallygate.history.progress import Progress, ProgressFile
from tallygate.history.schema import QUARTER, RAW, ROLLUPS, create_tables
from tallygate.history.store import Store
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.log import LogReader
from tallygate.settings import Settings

DAY_S = 86_400
TABLES = ("raw", "usage_minute", "usage_quarter")


class Crash(Exception):
    """The process is gone."""


def total(history: History, product: str | None = "1", series: str = "m:7") -> int:
    """All that was ever counted."""
    forever = window(find_zone("UTC"), NOW_S, period="eternity")
    return history.ask(Question((series,), forever, product)).total


def entries_of_many_days(count: int) -> list:
    """Entries in several partitions of every table."""
    return [entry(NOW_S - index % 4 * 6 * DAY_S - index * 7, code=200) for index in range(count)]


def test_what_is_in_the_log_is_in_the_answer(history: History, log: MemoryLog) -> None:
    log.entries += [entry(usage={"7": 2, "8": 5}, code=200), entry(usage={"7": 3}, code=404)]
    assert (total(history), total(history, series="m:8")) == (5, 5)
    assert (total(history, series="c:200"), total(history, series="c:404")) == (1, 1)


def test_values_may_be_negative(history: History, log: MemoryLog) -> None:
    log.entries += [entry(usage={"7": 5}), entry(usage={"7": -3}), entry(usage={"8": -4})]
    assert (total(history), total(history, series="m:8")) == (2, -4)


def test_a_history_that_is_opened_again_goes_on_where_it_was(home: Path, log: MemoryLog) -> None:
    for count in (1, 2, 3):
        log.entries.append(entry())
        with open_history(home, log) as history:
            assert total(history) == count


def test_the_ledger_is_told_how_far_each_log_was_read(
    home: Path, history: History, log: MemoryLog
) -> None:
    log.logs["other"] = []
    history.catch_up()
    assert log.told == [{}, {"": 0, "other": 0}]
    log.entries += [entry()] * 3
    log.logs["other"].append(entry())
    history.catch_up()
    assert log.told[2:] == [{"": 3, "other": 1}]
    with open_history(home, log) as again:
        history.close()
        again.catch_up()
        assert log.told[3:] == [{"": 3, "other": 1}]


def test_the_entries_of_all_logs_are_counted_and_several_logs_are_one_batch(
    history: History, log: MemoryLog
) -> None:
    log.logs |= {str(number): [entry(NOW_S - number)] * number for number in range(1, 17)}
    assert total(history) == 136
    assert history._engine.query("SELECT uniqExact(position) FROM history.raw") == [[1]]
    log.logs |= {"later": [entry()]}
    log.logs["3"].append(entry())
    assert (total(history), history.verify()) == (138, [])


class FaultyEngine(ChdbEngine):
    """Dies around the insert into one table: before it, after it, or with one partition written."""

    def __init__(self, home: Path, table: str, when: str) -> None:
        super().__init__(Settings(home=home).history, create_tables)
        self._table, self._when = f"history.{table}", when

    def insert(self, table: str, rows: Rows) -> None:
        if table == self._table:
            if self._when == "after":
                super().insert(table, rows)
            if self._when == "in the middle of":
                super().insert(table, first_partition(table, rows))
            raise Crash
        super().insert(table, rows)


def first_partition(name: str, rows: Rows) -> Rows:
    """The rows of one partition: what a crash in the middle of an insert leaves."""
    table = next(table for table in (RAW, *ROLLUPS) if table.name == name)

    def partition(row: object) -> int:
        return table.partition(row[2] // 1000 if table is RAW else row[3])  # type: ignore[index]

    first = min(map(partition, rows))
    return [row for row in rows if partition(row) == first]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("when", ["before", "in the middle of", "after"])
def test_a_crash_around_any_insert_neither_loses_nor_doubles(
    home: Path, table: str, when: str
) -> None:
    log = MemoryLog(entries_of_many_days(400))
    with open_history(home, log) as history:
        history.catch_up()
    log.entries += entries_of_many_days(300)
    dying = FaultyEngine(home, table, when)
    with open_history(home, log, engine=dying) as history, pytest.raises(Crash):
        history.catch_up()
    log.entries += entries_of_many_days(50)
    with open_history(home, log) as history:
        assert (total(history), total(history, series="c:200")) == (750, 750)
        assert history.verify() == []


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_any_note_neither_loses_nor_doubles(
    home: Path, monkeypatch: pytest.MonkeyPatch, step: int, when: str
) -> None:
    log = MemoryLog(entries_of_many_days(300))
    written = ProgressFile.write
    calls = []

    def write(file: ProgressFile, progress: Progress) -> None:
        calls.append(progress)
        if len(calls) < step:
            return written(file, progress)
        if when == "after":
            written(file, progress)
        raise Crash

    monkeypatch.setattr(ProgressFile, "write", write)
    with open_history(home, log) as history, pytest.raises(Crash):
        history.catch_up()
    monkeypatch.undo()
    log.entries += entries_of_many_days(100)
    with open_history(home, log) as history:
        assert total(history) == 400
        assert history.verify() == []


class FailingEngine(ChdbEngine):
    """Fails twice: before its first insert, and after its third."""

    inserts = 0

    def insert(self, table: str, rows: Rows) -> None:
        self.inserts += 1
        if self.inserts != 1:
            super().insert(table, rows)
        if self.inserts in (1, 3):
            raise HistoryUnavailable("no space left")


def test_an_engine_that_fails_is_told_and_the_next_call_goes_on(home: Path) -> None:
    log = MemoryLog(entries_of_many_days(100))
    engine = FailingEngine(Settings(home=home).history, create_tables)
    with open_history(home, log, engine=engine) as history:
        for _ in range(2):
            with pytest.raises(HistoryUnavailable, match="no space left"):
                history.catch_up()
        assert total(history) == 100
        assert history.verify() == []


def test_a_log_that_went_back_is_told(history: History, log: MemoryLog) -> None:
    log.entries += [entry()] * 5
    history.catch_up()

    def gone(*_: object) -> None:
        raise ValueError("position 5 lies in a segment that is removed")

    log.entries.append(entry())
    log.read = gone  # type: ignore[method-assign,assignment]
    with pytest.raises(HistoryUnavailable, match="cannot follow the log: position 5"):
        total(history)


def test_many_threads_that_ask_at_once_all_see_what_was_acknowledged(
    history: History, log: MemoryLog
) -> None:
    def ask(_: int) -> bool:
        log.entries.append(entry())
        before = len(log.entries)
        return total(history) >= before

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))
    assert total(history) == 64


def test_the_thread_follows_the_log_without_being_asked(history: History, log: MemoryLog) -> None:
    history.start()
    log.entries += [entry()] * 10
    eventually(lambda: log.told[-1:] == [{"": 10}])
    begun = time.monotonic()
    history.close()
    assert time.monotonic() - begun < 2


def test_the_thread_survives_an_engine_that_fails(home: Path) -> None:
    log = MemoryLog(entries_of_many_days(30))
    engine = FailingEngine(Settings(home=home).history, create_tables)
    with open_history(home, log, engine=engine) as history:
        history.start()
        eventually(lambda: log.told[-1:] == [{"": 30}], within_s=60)


def test_old_raw_entries_and_minutes_are_dropped_and_quarters_stay(home: Path) -> None:
    clock = ManualClock.at(NOW_S)
    log = MemoryLog([entry(NOW_S - days * DAY_S) for days in range(120)])
    with open_history(home, log, clock=clock, raw_days=10, minute_days=30) as history:
        history.catch_up()
        clock.advance(5 * DAY_S)
        history.retain()
        assert days_held(history, RAW.name, "time_ms / 1000") in (5, 6, 7)
        assert days_held(history, ROLLUPS[0].name, "t") in range(25, 34)
        assert days_held(history, QUARTER.name, "t") == 120
        assert (total(history), history.verify()) == (120, [])


def test_an_entry_that_comes_later_than_raw_entries_are_kept_still_counts(home: Path) -> None:
    log = MemoryLog([entry()])
    with open_history(home, log, raw_days=10, minute_days=30) as history:
        log.entries += [entry(NOW_S - 20 * DAY_S), entry(NOW_S - 60 * DAY_S)]
        assert total(history) == 3
        assert days_held(history, RAW.name, "time_ms / 1000") == 1
        assert days_held(history, ROLLUPS[0].name, "t") == 2
        assert history.verify() == []


def test_a_minute_that_is_no_longer_kept_is_refused_and_an_hour_is_not(home: Path) -> None:
    clock = ManualClock.at(NOW_S)
    with open_history(home, MemoryLog([entry()]), clock=clock, minute_days=30) as history:
        history.catch_up()
        clock.advance(60 * DAY_S)
        history.retain()
        old = last(find_zone("UTC"), NOW_S, 60, Granularity.HOUR)
        assert history.ask(Question(("m:7",), old, "1")).total == 1
        by_minute = Question(("m:7",), last(find_zone("UTC"), NOW_S, 60, Granularity.MINUTE), "1")
        with pytest.raises(QuestionError, match="Usage by minute is kept since"):
            history.ask(by_minute)


def test_times_before_1970_and_numbers_that_no_meter_reaches_do_not_stop_the_history(
    history: History, log: MemoryLog
) -> None:
    log.entries += [entry(-1), entry(usage={"8": 2**63 - 1}), entry(usage={"8": 2**63 - 1})]
    log.entries.append(entry(usage={"9": -(2**80)}))
    assert total(history) == 1
    assert total(history, series="m:8") == 2**63 - 1
    assert total(history, series="m:9") == -(2**63 - 1)


def days_held(history: History, table: str, seconds: str) -> int:
    sql = f"SELECT uniqExact(intDiv({seconds}, {DAY_S})) FROM {table}"
    marked = "" if table == RAW.name else " WHERE series != ''"
    return int(history._engine.query(sql + marked)[0][0])


def eventually(holds: Callable[[], bool], within_s: float = 20) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)


def test_a_progress_file_that_is_damaged_is_told_and_not_begun_anew(
    home: Path, log: MemoryLog
) -> None:
    log.entries += [entry()] * 3
    with open_history(home, log) as history:
        assert total(history) == 3
    (home / "history" / "historian.json").write_text('{"position": "3"')
    with open_history(home, log) as history, pytest.raises(HistoryUnavailable, match="the history"):
        history.catch_up()


NOTES_OF_ONE_LOG = [
    ("before its batch was written", '{"position":200,"batch":{"end":300,"entries":100}'),
    ("when its batch was written", '{"position":200,"batch":{"end":300,"entries":100}'),
    ("between batches", '{"position":300,"batch":null'),
]


@pytest.mark.parametrize(("when", "note"), NOTES_OF_ONE_LOG)
def test_a_history_of_a_version_that_knew_one_log_goes_on(
    home: Path, log: MemoryLog, when: str, note: str
) -> None:
    """Its batches were marked with the positions where they ended, far above the numbers of today's."""
    log.entries += entries_of_many_days(300)
    engine = ChdbEngine(Settings(home=home).history, create_tables)
    store = Store(engine)
    store.write(log.entries[:200], 200, {})
    if when != "before its batch was written":
        store.write(log.entries[200:], 300, {})
    engine.close()
    file = home / "history" / "historian.json"
    file.write_text(note + ',"since_s":{"history.raw":1578528000}}')
    log.logs["new"] = entries_of_many_days(40)
    with open_history(home, log) as history:
        assert (total(history), total(history, series="c:200")) == (340, 340)
    log.entries += entries_of_many_days(50)
    with (
        open_history(
            home, log, engine=FaultyEngine(home, "usage_minute", "in the middle of")
        ) as dying,
        pytest.raises(Crash),
    ):
        dying.catch_up()
    with open_history(home, log) as history:
        assert (total(history), history.verify()) == (390, [])


def test_a_version_that_knows_one_log_only_cannot_read_the_notes_and_count_anew(
    home: Path, log: MemoryLog
) -> None:
    log.entries += [entry()] * 3
    with open_history(home, log) as history:
        assert total(history) == 3
    noted = msgspec.json.decode((home / "history" / "historian.json").read_bytes())
    assert noted["position"] == {"": 3}


def test_notes_that_are_lost_alone_lose_nothing_that_comes_after(
    home: Path, log: MemoryLog
) -> None:
    """What the logs still hold is counted again; but later batches are not taken for earlier ones."""
    for _ in range(5):
        log.entries += entries_of_many_days(20)
        with open_history(home, log) as history:
            assert total(history) == len(log.entries)
    (home / "history" / "historian.json").unlink()
    with (
        open_history(home, log, engine=FaultyEngine(home, "usage_minute", "before")) as history,
        pytest.raises(Crash),
    ):
        history.catch_up()
    with open_history(home, log) as history:
        assert (total(history), history.verify()) == (200, [])


def test_a_history_that_is_gone_is_filled_with_what_the_log_still_holds(tmp_path: Path) -> None:
    settings, clock = Settings(home=tmp_path, segment_bytes=200), ManualClock.at(NOW_S)
    with EmbeddedLedger.open(settings, clock) as ledger:

        def counted(count: int) -> int:
            for _ in range(count):
                ledger.record([entry()])
                ledger.flush()
            with History.open(settings, clock) as history:
                return total(history)

        assert counted(20) == 20
        ledger.checkpoint_now()  # removes what the history has
        assert LogReader(settings.ledger / "log").begin() > 0
        shutil.rmtree(settings.history)
        refilled = counted(1)
        assert 1 <= refilled < 20
        ledger.checkpoint_now()
        assert counted(4) == refilled + 4


def test_a_closed_history_answers_no_more(home: Path, log: MemoryLog) -> None:
    with open_history(home, log) as history:
        history.catch_up()
    with pytest.raises(HistoryUnavailable, match="closed"):
        total(history)


def test_closing_does_not_wait_for_a_long_way_to_catch_up(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(historian, "BATCH_ENTRIES", 10)
    log = MemoryLog([entry()] * 20_000)
    with open_history(home, log) as history:
        history.start()
        eventually(lambda: len(log.told) > 5)
        begun = time.monotonic()
        history.close()
        assert time.monotonic() - begun < 5
    assert log.told[-1][""] < 20_000
