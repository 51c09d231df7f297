"""Errors on their way to the disk: grouped at once, written soon, never in the way."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.integration_errors.record import Context
from tallygate.integration_errors.recorder import MAX_WAITING, ErrorRecorder
from tallygate.integration_errors.store import SqliteErrorStore
from tallygate.settings import Settings

CONTEXT = Context("/transactions/authrep.xml", "GET", "127.0.0.1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_000)


@pytest.fixture
def recorder(home: Path, clock: ManualClock) -> Iterator[ErrorRecorder]:
    made = ErrorRecorder(SqliteErrorStore(Settings(home=home)), clock)
    yield made
    made.close()


def record(recorder: ErrorRecorder, message: str = "x", times: int = 1) -> None:
    for _ in range(times):
        recorder.record("1", "metric_invalid", message, lambda: CONTEXT)


def test_what_was_recorded_before_is_on_the_page(
    recorder: ErrorRecorder, clock: ManualClock
) -> None:
    """Without waiting for the next write; and what is recorded again later adds to it."""

    async def go() -> None:
        record(recorder, times=3)
        clock.advance(1)
        record(recorder)
        first = await recorder.page("1", 1, 10)
        record(recorder, times=2)
        second = await recorder.page("1", 1, 10)
        assert [(each.count, each.first_ms, each.last_ms) for each in first.groups] == [(4, 1000, 2000)]  # fmt: skip
        assert [each.count for each in second.groups] == [6]

    asyncio.run(go())


def test_others_find_them_within_two_seconds(recorder: ErrorRecorder, home: Path) -> None:
    """Written by themselves, all that came in between together."""

    async def go() -> None:
        record(recorder, times=2)
        await asyncio.sleep(2)
        with SqliteErrorStore(Settings(home=home)) as other:
            assert other.page("1", 1_000, 1, 10).groups[0].count == 2

    asyncio.run(go())


def test_the_last_ones_are_written_at_the_end(home: Path, clock: ManualClock) -> None:
    """Closing waits for them."""
    recorder = ErrorRecorder(SqliteErrorStore(Settings(home=home)), clock)

    async def go() -> None:
        record(recorder)

    asyncio.run(go())
    recorder.close()
    with SqliteErrorStore(Settings(home=home)) as other:
        assert other.page("1", 1_000, 1, 10).total == 1


def test_deleting_takes_what_still_waits(recorder: ErrorRecorder) -> None:
    """Nothing that came before the deletion turns up after it."""

    async def go() -> None:
        record(recorder)
        assert await recorder.delete("1") == 1
        assert await recorder.page("1", 1, 10) == ([], 0)

    asyncio.run(go())


def test_a_caller_who_invents_errors_fills_no_memory(recorder: ErrorRecorder) -> None:
    """Beyond a number of different ones they are only counted as lost; those that wait still count up."""

    async def go() -> None:
        for number in range(MAX_WAITING + 10):
            record(recorder, str(number))
        record(recorder, "0")
        assert (recorder.recorded, recorder.lost) == (MAX_WAITING + 11, 10)
        assert (await recorder.page("1", 1, 10)).total == MAX_WAITING

    asyncio.run(go())


def test_a_disk_that_takes_nothing_loses_errors_and_nothing_else(
    home: Path, clock: ManualClock
) -> None:
    """They are counted as lost, and kept again once it does."""
    settings = Settings(home=home)
    settings.integration_errors.mkdir(parents=True)
    recorder = ErrorRecorder(SqliteErrorStore(settings), clock)

    async def go() -> None:
        record(recorder, times=3)
        with pytest.raises(Exception, match="unable to open"):
            await recorder.page("1", 1, 10)
        assert recorder.lost == 3
        settings.integration_errors.rmdir()
        record(recorder)
        assert (await recorder.page("1", 1, 10)).total == 1

    asyncio.run(go())
    recorder.close()
