"""Events over crashes, full disks and slow ones; what raises which is in `tests/ledger/contract`."""

import asyncio
import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.domain.limits import ETERNITY
from tallygate.ledger.embedded import event_store
from tallygate.ledger.embedded.call import Call
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.settings import Settings

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z
LEVELS = (50, 80, 100)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(NOON_S)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def ledger(settings: Settings, clock: ManualClock) -> Iterator[EmbeddedLedger]:
    with EmbeddedLedger.open(settings, clock) as opened:
        yield opened


def call(ledger: EmbeddedLedger, delta: int | None = 1, application: str = "a") -> Call:
    usage = None if delta is None else Usage((("hits", delta),))
    return ledger.prepare("1", application, [LimitOn("hits", ETERNITY, 10)], usage, levels=LEVELS)


def told(ledger: EmbeddedLedger) -> list[str]:
    """Applications with kinds, or with levels, in order."""
    events = asyncio.run(ledger.events())
    return [
        f"{each.application} {each.alert.level if each.alert else each.kind}" for each in events
    ]


def traffic(*applications: str) -> list[str]:
    kinds = ("first_traffic", "first_daily_traffic")
    return [f"{application} {kind}" for application in applications for kind in kinds]


def figure(ledger: EmbeddedLedger, name: str) -> float:
    return {each.name: each.value for each in ledger.figures()}[name]


@contextmanager
def dying_before_events(ledger: EmbeddedLedger) -> Iterator[None]:
    """What is counted meanwhile becomes durable, and then the process is no more: nothing is raised."""
    ledger._committer._look = lambda batch: None
    yield
    ledger.flush()
    ledger._lock.close()


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow any more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_death_before_the_events_loses_none(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    """Traffic is told by the replay, levels when it is known what they are; once for all."""
    with dying_before_events(ledger):
        ledger.count(call(ledger, 9))
        ledger.record([Entry("1", "b", clock.now_ms(), (("hits", 1),), id="x")])
    with EmbeddedLedger.open(settings, clock) as again:
        assert told(again) == traffic("a", "b")
        assert again.replayed == [("1", "a"), ("1", "b")]
        again.raise_missed([call(again, None), call(again, None, "b")])
        assert told(again) == [*traffic("a", "b"), "a 80", "a 50"]
        assert again.replayed == []
    with EmbeddedLedger.open(settings, clock) as third:
        assert third.replayed == []
        assert third.count(call(third, 1))
        assert not third.count(call(third, 1))
        third.flush()
        assert told(third) == [*traffic("a", "b"), "a 80", "a 50", "a 100"]


def test_a_death_after_the_events_doubles_none(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    """Neither those that are there, nor those that were deleted meanwhile."""
    ledger.count(call(ledger, 9))
    ledger.count(call(ledger, 1, "b"))
    ledger.flush()
    before = told(ledger)
    asyncio.run(ledger.delete_events(1, 3))
    ledger._lock.close()
    with EmbeddedLedger.open(settings, clock) as again:
        assert again.replayed == [("1", "a"), ("1", "b")]
        again.raise_missed([call(again, None), call(again, None, "b")])
        assert told(again) == before[3:]


def test_a_death_in_a_later_day_tells_what_that_day_has_not_been_told(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    ledger.count(call(ledger))
    ledger.flush()
    clock.advance(86_400)
    with dying_before_events(ledger):
        ledger.count(call(ledger))
    with EmbeddedLedger.open(settings, clock) as again:
        assert told(again) == [*traffic("a"), "a first_daily_traffic"]


@pytest.mark.parametrize("told_before", [True, False])
def test_traffic_that_is_replayed_on_a_later_day_is_no_traffic_of_that_day(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock, told_before: bool
) -> None:
    """Whether or not it had been told by then; the first of that day is told for itself."""
    if told_before:
        ledger.count(call(ledger))
        ledger.flush()
        ledger._lock.close()
    else:
        with dying_before_events(ledger):
            ledger.count(call(ledger))
    clock.advance(86_400)
    with EmbeddedLedger.open(settings, clock) as again:
        assert told(again) == traffic("a")
        again.count(call(again))
        again.flush()
        assert told(again) == [*traffic("a"), "a first_daily_traffic"]


def test_imported_history_raises_nothing_in_a_replay_either(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock
) -> None:
    with dying_before_events(ledger):
        old = Entry("1", "a", clock.now_ms(), (("hits", 9),), id="x")
        ledger.record([old], keep_ids=True)
    with EmbeddedLedger.open(settings, clock) as again:
        assert told(again) == []
        assert again.replayed == []


def test_events_outlive_a_clean_stop_with_their_marks(
    settings: Settings, clock: ManualClock
) -> None:
    with EmbeddedLedger.open(settings, clock) as ledger:
        ledger.count(call(ledger, 5))
    with EmbeddedLedger.open(settings, clock) as again:
        again.count(call(again, 1))
        again.flush()
        assert told(again) == [*traffic("a"), "a 50"]


def test_what_cannot_be_written_raises_nothing(ledger: EmbeddedLedger) -> None:
    """And afterwards all is raised that would have been."""
    with full_disk():
        ledger.count(call(ledger, 9))
        ledger.record([Entry("1", "b", NOON_S * 1000, (("hits", 1),))])
        with pytest.raises(OSError, match="File too large"):
            ledger.flush()
    assert told(ledger) == []
    ledger.count(call(ledger, 5))
    ledger.flush()
    assert told(ledger) == [*traffic("a"), "a 50"]


def test_entries_that_end_in_an_error_raise_nothing(ledger: EmbeddedLedger) -> None:
    """Others of the same batch do, also of an application that both have counted for."""

    def broken() -> Iterator[Entry]:
        yield from (Entry("1", who, NOON_S * 1000, (("hits", 1),)) for who in "ab")
        raise RuntimeError

    ledger.count(call(ledger, 1))
    with pytest.raises(RuntimeError):
        ledger.record(broken())
    ledger.flush()
    ledger.count(call(ledger, 1, "c"))
    ledger.flush()
    assert told(ledger) == traffic("a", "c")


def test_a_level_is_not_raised_by_what_is_still_to_be_written(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a batch is on its way to a slow disk, others are counted, which may yet be taken back."""
    monkeypatch.setattr("tallygate.ledger.embedded.commit.SLOW_S", 0.0)

    async def run() -> list[int]:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())
            append = ledger._writer.append

            def refuse(payload: bytes) -> None:
                ledger._writer.append = append  # type: ignore[method-assign]
                raise OSError(errno.ENOSPC, "No space left on device")

            first = ledger.count(call(ledger, 5))
            await asyncio.sleep(0)  # the batch leaves for the thread
            second = ledger.count(call(ledger, 4))
            assert first is not None
            assert second is not None
            await first
            ledger._writer.append = refuse  # type: ignore[method-assign]
            with pytest.raises(OSError, match="No space"):
                await second
            return [each.alert.level for each in await ledger.events() if each.alert]

    assert asyncio.run(run()) == [50]


def test_events_wait_for_a_disk_that_is_full_and_no_checkpoint_goes_past_them(
    ledger: EmbeddedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log may still have room when the events' own file has none."""
    with monkeypatch.context() as full:
        full.setattr(event_store.EventStore, "_add_one", _no_space)
        ledger.count(call(ledger, 9))
        ledger.flush()
        ledger.checkpoint_now()
        assert figure(ledger, "checkpoint_position_bytes") == 0
        assert told(ledger) == []
    assert told(ledger) == [*traffic("a"), "a 80", "a 50"]
    ledger.checkpoint_now()
    assert figure(ledger, "checkpoint_position_bytes") == figure(ledger, "durable_position_bytes")


def _no_space(store: event_store.EventStore, raised: event_store.Raised) -> None:
    raise event_store.sqlite3.OperationalError("database or disk is full")


def test_no_more_events_wait_than_memory_can_hold(
    ledger: EmbeddedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are lost."""
    monkeypatch.setattr(event_store, "MAX_WAITING", 3)
    with monkeypatch.context() as full:
        full.setattr(event_store.EventStore, "_add_one", _no_space)
        for who in "abc":
            ledger.count(call(ledger, 1, who))
            ledger.flush()
    assert told(ledger) == traffic("b", "c")[1:]


@pytest.mark.parametrize("event_days", [30, 0])
def test_events_that_nobody_deletes_go_with_time(
    tmp_path: Path, clock: ManualClock, event_days: int
) -> None:
    """Unless they are to be kept for ever; with each that comes as many may go, so that there is an end to them."""
    settings = Settings(home=tmp_path, event_days=event_days)
    with EmbeddedLedger.open(settings, clock) as ledger:
        ledger.record([Entry("1", f"{n}", NOON_S * 1000, (("hits", 1),)) for n in range(500)])
        ledger.flush()
        clock.advance(30 * 86_400)
        for number in range(20):
            clock.advance(1)
            ledger.count(call(ledger, 1, f"b{number}"))
            ledger.flush()
        kept = traffic(*[f"b{number}" for number in range(20)])
        if event_days:
            assert told(ledger) == kept
        else:
            assert told(ledger)[-40:] == kept
            assert len(told(ledger)) == 1040
