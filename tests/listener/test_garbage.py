"""What Python's collector looks at while the listener serves, and what comes back when it ends."""

import asyncio
import gc
import weakref

from tallygate.listener import garbage
from tallygate.listener.garbage import Collecting


class Knot:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def some_objects(count: int) -> list[list[int]]:
    return [[number] for number in range(count)]


async def looked_at(kept: list[list[int]]) -> bool:
    """Whether an object is still in the collector's sight."""
    return any(each is kept[0] for each in gc.get_objects())


async def test_what_lives_long_leaves_the_collectors_sight_once_it_was_looked_at(
    runner: asyncio.Runner,
) -> None:
    collecting = Collecting(asyncio.get_running_loop())
    try:
        kept = some_objects(30_000)
        assert gc.get_count()[1] > 0
        assert await looked_at(kept)
        await asyncio.sleep(0.5)
        assert not await looked_at(kept)
    finally:
        collecting.close()
        gc.unfreeze()


async def test_young_garbage_is_still_found(runner: asyncio.Runner) -> None:
    collecting = Collecting(asyncio.get_running_loop())
    try:
        knot = weakref.ref(Knot())
        kept = some_objects(30_000)
        assert knot() is None, len(kept)
    finally:
        collecting.close()
        gc.unfreeze()


async def test_garbage_that_came_later_is_found_when_it_is_quiet(
    runner: asyncio.Runner, monkeypatch: object
) -> None:
    knot = Knot()
    found = weakref.ref(knot)
    collecting = Collecting(asyncio.get_running_loop())
    try:
        del knot
        assert found() is not None  # it was out of sight before it became garbage
        collecting._looked_s -= garbage._LOOK_AT_ALL_EACH_S
        collecting._quiet_since_s -= garbage._QUIET_S
        await asyncio.sleep(0.5)
        assert found() is None
    finally:
        collecting.close()
        gc.unfreeze()


async def test_the_thresholds_come_back(runner: asyncio.Runner) -> None:
    before = gc.get_threshold()
    Collecting(asyncio.get_running_loop()).close()
    gc.unfreeze()
    assert gc.get_threshold() == before
