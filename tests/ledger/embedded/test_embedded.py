"""What the embedded ledger promises, on real files."""

import asyncio
import errno
import gc
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import Busy, LogCorrupt
from tallygate.domain.limits import PERIOD_BY_NAME
from tallygate.ledger.embedded import checkpoint, resident
from tallygate.ledger.embedded.call import Call
from tallygate.ledger.embedded.commit import Batch
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.log import LogReader
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.settings import Settings

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(NOON_S)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, segment_bytes=4_000, checkpoint_s=1)


@pytest.fixture
def ledger(settings: Settings, clock: ManualClock) -> Iterator[EmbeddedLedger]:
    with EmbeddedLedger.open(settings, clock) as opened:
        yield opened


def call(ledger: EmbeddedLedger, maximum: int = 10**9, period: str = "day", delta: int = 1) -> Call:
    limits = [LimitOn("hits", PERIOD_BY_NAME[period], maximum)]
    return ledger.prepare("1", "a", limits, Usage((("method", delta), ("hits", delta))))


def count(ledger: EmbeddedLedger, times: int, **options: int) -> int:
    """How many of `times` calls pass, durably."""
    prepared = call(ledger, **options)
    passed = sum(ledger.count(prepared) is not None for _ in range(times))
    ledger.flush()
    return passed


def hits(ledger: EmbeddedLedger, period: str = "eternity", application: str = "a") -> int:
    return ledger.current("1", application, "hits")[period]


def logged(settings: Settings, metric: str = "hits") -> int:
    """What a reader of the log counts."""
    frames = LogReader(settings.ledger / "log").frames(0)
    entries = [entry for _, entries in frames for entry in entries]
    return sum(delta for entry in entries for name, delta in entry.usage if name == metric)


def reopen(ledger: EmbeddedLedger, settings: Settings, clock: ManualClock) -> EmbeddedLedger:
    """A ledger on the same folder after the first was lost without a close, as by kill -9."""
    ledger._lock.close()
    return EmbeddedLedger.open(settings, clock)


def test_a_limit_lets_exactly_its_maximum_pass(ledger: EmbeddedLedger) -> None:
    assert count(ledger, 80, maximum=50) == 50
    assert hits(ledger) == 50


@pytest.mark.parametrize("period", PERIOD_BY_NAME)
def test_a_limit_begins_anew_with_its_period(
    ledger: EmbeddedLedger, clock: ManualClock, period: str
) -> None:
    prepared = call(ledger, maximum=3, period=period)
    steps = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 7 * 86_400, "month": 31 * 86_400}
    assert [ledger.count(prepared) is not None for _ in range(4)] == [True] * 3 + [False]
    clock.advance(steps.get(period, 366 * 86_400))
    assert (ledger.count(prepared) is not None) == (period != "eternity")


def test_parallel_calls_in_an_event_loop_pass_exactly_as_often_as_allowed(
    settings: Settings, clock: ManualClock
) -> None:
    async def one(ledger: EmbeddedLedger, prepared: Call) -> bool:
        await asyncio.sleep(0)
        batch = ledger.count(prepared)
        if batch is not None:
            await batch
        return batch is not None

    async def run() -> int:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            prepared = call(ledger, maximum=50)
            return sum(await asyncio.gather(*[one(ledger, prepared) for _ in range(500)]))

    assert asyncio.run(run()) == 50
    assert logged(settings) == 50


def test_a_limit_added_later_finds_what_was_counted_before(ledger: EmbeddedLedger) -> None:
    count(ledger, 7)
    assert count(ledger, 10, maximum=9) == 2


def test_a_call_without_usage_is_denied_only_above_a_limit(ledger: EmbeddedLedger) -> None:
    count(ledger, 5)
    at_the_limit = ledger.prepare("1", "a", [LimitOn("hits", PERIOD_BY_NAME["day"], 5)], None)
    above_it = ledger.prepare("1", "a", [LimitOn("hits", PERIOD_BY_NAME["day"], 4)], None)
    assert ledger.passes(at_the_limit)
    assert not ledger.passes(above_it)


def test_a_set_asks_only_whether_its_value_is_allowed(ledger: EmbeddedLedger) -> None:
    count(ledger, 9)
    limit = [LimitOn("hits", PERIOD_BY_NAME["day"], 5)]
    assert ledger.count(ledger.prepare("1", "a", limit, Usage((), (("hits", 6),)))) is None
    assert ledger.count(ledger.prepare("1", "a", limit, Usage((), (("hits", 5),))))
    ledger.flush()
    assert ledger.current("1", "a", "hits") == dict.fromkeys(ledger.current("1", "a", "hits"), 5)


def test_what_a_reader_of_the_log_sums_up_is_the_total_even_after_a_set(
    ledger: EmbeddedLedger, settings: Settings
) -> None:
    count(ledger, 9)
    ledger.count(ledger.prepare("1", "a", [], Usage((), (("hits", 4),))))
    count(ledger, 2)
    assert logged(settings) == hits(ledger) == 6


def test_what_was_flushed_survives_the_loss_of_the_process(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    count(ledger, 20)
    with reopen(ledger, settings, clock) as again:
        assert hits(again) == 20


def test_restart_with_a_checkpoint_counts_nothing_twice(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    for _ in range(3):
        count(ledger, 5)
        ledger.checkpoint_now()
        count(ledger, 5)
    with reopen(ledger, settings, clock) as again:
        assert hits(again) == 30
        again.checkpoint_now()
    with EmbeddedLedger.open(settings, clock) as third:
        assert hits(third) == 30


def test_counts_between_the_copies_of_a_checkpoint_are_neither_lost_nor_doubled(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint copies in chunks while calls go on; each row says up to which position it counts."""
    monkeypatch.setattr(checkpoint, "CHUNK", 3)
    calls = [
        ledger.prepare("1", f"a{number}", [], Usage((("hits", 1),))) for number in range(20)
    ]  # fmt: skip
    counted = 0
    for each in calls:
        ledger.count(each)
    for write in ledger._checkpointer.steps():
        for each in calls:
            ledger.count(each)
        counted += 1
        if write is not None:
            write()
    ledger.flush()
    with reopen(ledger, settings, clock) as again:
        assert [counted + 1] * 20 == [hits(again, application=f"a{n}") for n in range(20)]


def test_a_close_in_the_middle_of_a_checkpoint_loses_nothing(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the broken off checkpoint had copied is in the one that `close` writes."""
    monkeypatch.setattr(checkpoint, "CHUNK", 1)

    async def run() -> None:
        with EmbeddedLedger.open(settings, clock) as ledger:
            for name in "ab":
                ledger.count(ledger.prepare("1", name, [], Usage((("hits", 1),))))
            ledger.record([reported("x")])
            background = asyncio.create_task(ledger._checkpointer.in_background())
            await asyncio.sleep(0)
            assert not ledger._counters.changed
        background.cancel()

    asyncio.run(run())
    with EmbeddedLedger.open(settings, clock) as again:
        assert [hits(again, application=name) for name in "ab"] == [3, 1]
        assert again.record([reported("x")]).duplicates == [0]


def test_periods_are_right_after_a_restart_in_a_later_period(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    count(ledger, 4)
    ledger.count(ledger.prepare("1", "b", [], Usage((), (("hits", 7),))))
    ledger.flush()
    clock.advance(3_600)
    with reopen(ledger, settings, clock) as again:
        assert [hits(again, period) for period in ("hour", "day")] == [0, 4]
        assert [hits(again, period, "b") for period in ("hour", "day")] == [0, 7]


def test_a_clock_that_jumps_back_gives_no_new_period(
    ledger: EmbeddedLedger, clock: ManualClock
) -> None:
    assert count(ledger, 5, maximum=3) == 3
    clock.advance(-86_400)
    assert count(ledger, 5, maximum=3) == 0
    clock.advance(2 * 86_400)
    assert count(ledger, 5, maximum=3) == 3


def test_a_start_with_a_clock_that_is_behind_keeps_the_periods_and_their_counts(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    count(ledger, 3)
    values = ledger.current("1", "a", "hits")
    ledger.checkpoint_now()
    with reopen(ledger, settings, ManualClock.at(60)) as behind:
        assert behind.current("1", "a", "hits") == values
        assert count(behind, 5, maximum=4) == 1
        behind.checkpoint_now()
    with EmbeddedLedger.open(settings, clock) as right:
        assert hits(right, "day") == hits(right) == 4


def reported(entry_id: str, delta: int = 2, age_s: int = 0) -> Entry:
    return Entry("1", "a", (NOON_S - age_s) * 1000, (("hits", delta),), id=entry_id)


def test_entries_that_end_in_an_error_are_not_counted_in_part(
    ledger: EmbeddedLedger, settings: Settings
) -> None:
    """Whoever was told of the error sends all of them again."""
    count(ledger, 2)
    ledger.count(call(ledger))

    def entries() -> Iterator[Entry]:
        yield reported("x", age_s=90_000)
        yield reported("y")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        ledger.record(entries())
    assert ledger.record([reported("x"), reported("y")]).accepted == [0, 1]
    ledger.flush()
    assert hits(ledger) == logged(settings) == 7


def test_the_same_id_counts_once_and_another_content_is_a_conflict(ledger: EmbeddedLedger) -> None:
    first = ledger.record([reported("x"), reported("x"), reported("x", delta=3), reported("y")])
    ledger.flush()
    assert (first.accepted, first.duplicates, [index for index, _ in first.conflicts]) == (
        [0, 3], [1], [2],
    )  # fmt: skip
    assert hits(ledger) == 4


def test_ids_are_remembered_over_checkpoints_and_restarts(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    ledger.record([reported("old")])
    ledger.checkpoint_now()
    ledger.record([reported("new")])
    ledger.flush()
    with reopen(ledger, settings, clock) as again:
        assert again.record([reported("old"), reported("new")]).duplicates == [0, 1]
        assert again.record([reported("old", delta=9)]).conflicts
        assert hits(again) == 4


def test_an_id_is_forgotten_after_the_window_unless_it_is_to_be_kept(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    ledger.record([reported("passing")])
    ledger.record([reported("kept")], keep_ids=True)
    ledger.checkpoint_now()
    clock.advance(settings.id_window_s + 1)
    assert ledger.record([reported("passing")]).accepted == [0]
    assert ledger.record([reported("kept")]).duplicates == [0]
    ledger.checkpoint_now()
    assert ledger._state.execute("SELECT count(*) FROM ids").fetchone() == (2,)


def test_ids_take_bounded_memory(ledger: EmbeddedLedger) -> None:
    """A checkpoint moves them to disk."""
    ledger.record([reported(f"id-{number}") for number in range(3_000)])
    ledger.checkpoint_now()
    gc.collect()
    assert len(ledger._ids._recent) == len(ledger._ids._leaving) == 0


def test_totals_beyond_64_bits_are_kept_exactly(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    """Any single value has 64 bits; nothing keeps a consumer from reporting it again and again."""
    huge = 2**63 - 1
    for _ in range(3):
        ledger.record([reported("", delta=huge)])
    ledger.checkpoint_now()
    with reopen(ledger, settings, clock) as again:
        assert hits(again) == 3 * huge
        again.count(again.prepare("1", "a", [], Usage((), (("hits", 5),))))
        again.flush()
        assert hits(again) == logged(settings) == 5
    with EmbeddedLedger.open(settings, clock) as third:
        assert hits(third) == 5


def test_a_late_report_counts_in_its_own_day(ledger: EmbeddedLedger) -> None:
    ledger.record([reported("", delta=5, age_s=86_400)])
    assert [hits(ledger, period) for period in ("day", "month", "eternity")] == [0, 5, 5]


def test_a_second_process_is_refused(ledger: EmbeddedLedger, settings: Settings) -> None:
    with pytest.raises(Busy, match="in use by process"):
        EmbeddedLedger.open(settings, ManualClock.at(NOON_S))


def test_segments_are_removed_when_the_checkpoint_and_every_reader_are_past_them(
    ledger: EmbeddedLedger, settings: Settings
) -> None:
    consumers = settings.ledger / "consumers"
    consumers.mkdir()
    for _ in range(60):
        count(ledger, 10)
    folder = settings.ledger / "log"
    files = len(list(folder.glob("*.seg")))
    ledger.checkpoint_now()
    assert len(list(folder.glob("*.seg"))) == files, "no reader has come by yet"
    (consumers / "history").write_text("9000")
    (consumers / "other").write_text("5000")
    count(ledger, 1)
    ledger.checkpoint_now()
    kept = sorted(int(path.stem) for path in folder.glob("*.seg"))
    assert 0 < kept[0] <= 5_000
    assert len(kept) > 1


def test_applications_not_asked_for_lately_leave_memory_and_come_back_whole(
    ledger: EmbeddedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident, "RESIDENT_APPLICATIONS", 5)
    generation = ledger.generation
    for number in range(20):
        ledger.count(ledger.prepare("1", f"a{number}", [], Usage((("hits", number),))))
    for _ in range(2):
        ledger.checkpoint_now()
        ledger.count(ledger.prepare("1", "a19", [], Usage((("hits", 1),))))
    assert len(ledger._counters) == 1
    assert ledger.generation > generation
    assert [hits(ledger, application=f"a{n}") for n in range(19)] == list(range(19))


class Refusing:
    """Stands between ledger and disk, and refuses when told to: for a fault that cannot be had otherwise."""

    def __init__(self, ledger: EmbeddedLedger) -> None:
        self.refuse = False
        self._append = ledger._writer.append
        ledger._writer.append = self  # type: ignore[method-assign]

    def __call__(self, payload: bytes) -> None:
        if self.refuse:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._append(payload)


@pytest.mark.parametrize("over_a_minute", [False, True])
def test_what_cannot_be_written_is_taken_back_whole(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock, over_a_minute: bool
) -> None:
    """Adds, sets, late reports and ids; also when the minute changes before the disk says no."""
    disk = Refusing(ledger)
    count(ledger, 5)
    ledger.record([reported("known")])
    ledger.flush()
    before = ledger.current("1", "a", "hits")
    disk.refuse = True
    ledger.count(call(ledger))
    ledger.count(ledger.prepare("1", "a", [], Usage((), (("hits", 99),))))
    ledger.record([reported("lost", delta=4, age_s=7_200)])
    if over_a_minute:
        clock.advance(60)
        ledger.count(call(ledger))
    with pytest.raises(OSError, match="No space left"):
        ledger.flush()
    disk.refuse = False
    expected = {**before, "minute": 0} if over_a_minute else before
    assert ledger.current("1", "a", "hits") == expected
    assert ledger.record([reported("lost"), reported("known")]).accepted == [0]
    ledger.flush()
    assert logged(settings) == hits(ledger) == 9


def test_a_report_ahead_of_its_time_is_taken_back_from_the_period_to_come(
    ledger: EmbeddedLedger, clock: ManualClock
) -> None:
    disk = Refusing(ledger)
    ledger.record([reported("kept", delta=1, age_s=-3_600)])
    ledger.flush()
    disk.refuse = True
    ledger.record([reported("lost", delta=5, age_s=-3_600)])
    with pytest.raises(OSError, match="No space left"):
        ledger.flush()
    clock.advance(3_600)
    assert hits(ledger, "hour") == hits(ledger) == 1


def test_an_id_that_was_taken_back_is_in_no_checkpoint(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the write was under way in the thread as the checkpoint began."""
    monkeypatch.setattr("tallygate.ledger.embedded.commit.SLOW_S", 0.0)

    async def run() -> None:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            disk = Refusing(ledger)
            disk.refuse = True
            ledger.record([reported("lost")])
            await asyncio.sleep(0)  # the batch leaves for the thread
            ledger.checkpoint_now()
            disk.refuse = False
            assert ledger.record([reported("lost")]).accepted == [0]

    asyncio.run(run())
    assert logged(settings) == 2


@pytest.mark.parametrize("slow_s", [0.0, 60.0])
def test_any_failure_of_a_write_reaches_those_who_wait(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, slow_s: float
) -> None:
    """Not only what the disk says: who is not told would wait for ever. In a thread or without."""
    monkeypatch.setattr("tallygate.ledger.embedded.commit.SLOW_S", slow_s)

    async def run() -> int:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            with monkeypatch.context() as broken:

                def append(payload: bytes) -> None:
                    raise MemoryError

                broken.setattr(ledger._writer, "append", append)
                batch = ledger.record([reported("")]).batch
                await asyncio.sleep(0.05)
                with pytest.raises(OSError, match="MemoryError"):
                    await asyncio.wait_for(_awaited(batch), 5)
            return hits(ledger)

    assert asyncio.run(run()) == 0


async def _awaited(batch: Batch) -> None:
    assert batch._done
    await batch


def test_waiters_of_a_batch_that_cannot_be_written_get_the_error_and_later_ones_succeed(
    settings: Settings, clock: ManualClock
) -> None:
    async def run() -> list[object]:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            disk, prepared = Refusing(ledger), call(ledger)

            async def one() -> None:
                batch = ledger.count(prepared)
                assert batch is not None
                await batch

            disk.refuse = True
            first = await asyncio.gather(one(), one(), return_exceptions=True)
            disk.refuse = False
            await one()
            return [*first, hits(ledger)]

    *failed, total = asyncio.run(run())
    assert [getattr(error, "errno", None) for error in failed] == [errno.ENOSPC] * 2
    assert total == 1


def test_a_slow_disk_moves_syncs_to_a_thread_and_nothing_is_lost_or_overshot(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallygate.ledger.embedded.commit.SLOW_S", 0.0)

    async def run() -> int:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            prepared, passed = call(ledger, maximum=300), 0

            async def one() -> None:
                nonlocal passed
                for _ in range(10):
                    batch = ledger.count(prepared)
                    if batch is not None:
                        await batch
                        passed += 1

            await asyncio.gather(*[one() for _ in range(50)])
            assert ledger._committer._thread is not None
            return passed

    assert asyncio.run(run()) == 300
    assert logged(settings) == 300


def test_a_duplicate_is_not_acknowledged_before_the_first_is_durable(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallygate.ledger.embedded.commit.SLOW_S", 0.0)

    async def run() -> int:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            ledger.record([reported("x")])
            await asyncio.sleep(0)  # the batch leaves for the thread
            repeated = ledger.record([reported("x")])
            assert repeated.duplicates == [0]
            await repeated.batch
            return LogReader(settings.ledger / "log").end()

    assert asyncio.run(run()) > 0


STEP = st.one_of(
    st.tuples(st.just("call"), st.integers(1, 3), st.integers(0, 2)),
    st.tuples(st.just("report"), st.integers(-90_000, 3_600), st.integers(0, 2), st.integers(0, 30)),
    st.tuples(st.just("set"), st.integers(0, 9), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 3_600, 86_400])),
    st.tuples(st.just("checkpoint")),
    st.tuples(st.just("crash")),
)  # fmt: skip


@given(steps=st.lists(STEP, max_size=40))
@hypothesis_settings(max_examples=60)
def test_counters_and_log_agree_and_no_limit_is_passed_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple]
) -> None:
    """Any sequence of calls, retries, late reports, sets, checkpoints and crashes."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), segment_bytes=500)
    clock = ManualClock.at(NOON_S)
    ledger = EmbeddedLedger.open(settings, clock)
    seen: dict[str, tuple[int, int]] = {}
    for step in steps:
        if step[0] == "call":
            limit = [LimitOn("hits", PERIOD_BY_NAME["hour"], 10)]
            prepared = ledger.prepare("1", f"a{step[2]}", limit, Usage((("hits", step[1]),)))
            before = prepared.values()[0]
            passed = ledger.count(prepared) is not None
            assert passed == (before + step[1] <= 10)
            assert prepared.values()[0] == before + (step[1] if passed else 0)
        elif step[0] == "report":
            at_ms, who, key = clock.now_ms() + step[1] * 1000, f"a{step[2]}", f"id{step[3]}"
            entry = Entry("1", who, at_ms, (("hits", step[3]),), id=key)
            outcome = ledger.record([entry])
            first = seen.setdefault(key, (step[2], step[3]))
            assert bool(outcome.conflicts) == (first != (step[2], step[3]))
        elif step[0] == "set":
            ledger.count(ledger.prepare("1", f"a{step[2]}", [], Usage((), (("hits", step[1]),))))
        elif step[0] == "wait":
            clock.advance(step[1])
        elif step[0] == "checkpoint":
            ledger.checkpoint_now()
        else:
            ledger.flush()
            values = [ledger.current("1", f"a{number}", "hits") for number in range(3)]
            ledger = reopen(ledger, settings, clock)
            assert values == [ledger.current("1", f"a{number}", "hits") for number in range(3)]
    ledger.flush()
    assert logged(settings) == sum(hits(ledger, application=f"a{number}") for number in range(3))
    ledger.close()


def test_a_ledger_without_its_state_begins_with_what_the_log_still_holds(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    for _ in range(200):
        count(ledger, 1)
    (settings.ledger / "consumers").mkdir()
    (settings.ledger / "consumers" / "history").write_text("100000")
    ledger.checkpoint_now()
    count(ledger, 3)
    assert LogReader(settings.ledger / "log").begin() > 0
    for file in settings.ledger.glob("state.db*"):
        file.unlink()
    with reopen(ledger, settings, clock) as again:
        assert 3 <= hits(again) < 203


def test_a_log_that_is_lost_stops_the_start_with_the_reason(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    """A new log would give its calls positions that counters and history take for known."""
    count(ledger, 1)
    ledger.checkpoint_now()
    shutil.rmtree(settings.ledger / "log")
    with pytest.raises(LogCorrupt, match="does not go with the last checkpoint"):
        reopen(ledger, settings, clock)
    with pytest.raises(LogCorrupt):  # and not Busy: the first try has let go of the folder
        EmbeddedLedger.open(settings, clock)


def test_a_damaged_log_stops_the_start_and_is_left_as_it_is(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    for _ in range(5):
        count(ledger, 1)
    path = next((settings.ledger / "log").glob("*.seg"))
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    ledger._lock.close()
    script = (
        "from pathlib import Path; from tallygate.settings import Settings;"
        "from tallygate.domain.clock import SystemClock; from tallygate.ledger.embedded.ledger import EmbeddedLedger;"
        f"EmbeddedLedger.open(Settings(home=Path({str(settings.home)!r})), SystemClock())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "LogCorrupt" in done.stderr
    assert path.name in done.stderr
    assert path.read_bytes() == data


def test_a_crash_after_the_clock_was_set_back_leaves_limits_as_they_were(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    count(ledger, 2, maximum=5, period="hour")
    clock.advance(-30)
    assert count(ledger, 2, maximum=5, period="hour") == 2
    with reopen(ledger, settings, clock) as again:
        clock.advance(30)
        assert hits(again, "hour") == 4
        assert count(again, 3, maximum=5, period="hour") == 1
