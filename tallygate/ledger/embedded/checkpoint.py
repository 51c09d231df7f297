"""Checkpoints: the counters and ids as of a position of the log, without stopping the world.

Changed counters are copied and written in parts, and calls go on in between. So each row says up to which position it counts, and
the checkpoint's own position, which is written last, is where copying began: a replay from there brings in, row by row, just what
is missing. After a crash in between, the rows that were written hold, and the replay begins at the checkpoint before.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

import structlog

from tallygate.domain.clock import Clock
from tallygate.ledger.embedded import state
from tallygate.ledger.embedded.commit import Committer
from tallygate.ledger.embedded.counters import ApplicationCounters
from tallygate.ledger.embedded.event_store import EventStore
from tallygate.ledger.embedded.ids import SeenIds
from tallygate.ledger.embedded.resident import ResidentCounters
from tallygate.ledger.embedded.segments import SegmentWriter

log = structlog.get_logger()

T = TypeVar("T")

CHUNK: Final = 100
"""Applications that are copied in one turn of the event loop."""

PART: Final = 1_000
"""Rows that are written in one transaction."""

PAUSE_S: Final = 0.02
"""After each part: what is written at once holds up the syncs of the log."""

Write = Callable[[], None]
Steps = Generator[Write | None, Exception | None, bool]
"""Yields None where others may go on, and once the function that writes; that one's error is sent back."""


class Checkpointer:
    """Writes checkpoints.

    Attributes:
        position: From where the log has to be replayed.
        complete_s: When the state on disk last held all that was counted before, UTC seconds; at first the start.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        counters: ResidentCounters,
        ids: SeenIds,
        committer: Committer,
        writer: SegmentWriter,
        events: EventStore,
        clock: Clock,
    ) -> None:
        """`connection` writes `state.db`; nobody else uses it."""
        self._connection = connection
        self._events = events
        self._counters = counters
        self._ids = ids
        self._committer = committer
        self._writer = writer
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._under_way: Steps | None = None
        self.position = state.checkpoint_position(connection)
        self.complete_s = clock.now_s()

    def now(self) -> bool:
        """Writes a checkpoint at once. Returns whether there is a new one."""
        steps = self.steps()
        try:
            write = next(steps)
            while True:
                write = steps.send(self._try(write) if write else None)
        except StopIteration as done:
            return bool(done.value)

    async def in_background(self) -> bool:
        """The same between the turns of the running event loop; the disk is waited for in a thread."""
        loop = asyncio.get_running_loop()
        self._under_way = steps = self.steps()
        try:
            write = next(steps)
            while True:
                if write:
                    error = await loop.run_in_executor(self._thread, self._try, write)
                    await asyncio.sleep(PAUSE_S)
                    write = steps.send(error)
                else:
                    await asyncio.sleep(0)
                    write = next(steps)
        except StopIteration as done:
            return bool(done.value)
        finally:
            self._under_way = None

    def make_durable(self) -> bool:
        """Syncs the checkpoints written so far; before that the log behind them must not be removed."""
        try:
            state.make_durable(self._connection)
        except sqlite3.Error as error:
            log.warning("the log is not trimmed", reason=str(error))
            return False
        return True

    def scrub(self) -> None:
        """Nothing that was deleted is in the files any more, unless somebody is still reading."""
        try:
            state.scrub(self._connection)
        except sqlite3.Error as error:
            log.warning("what was deleted may still be in the files", reason=str(error))

    def stop(self) -> None:
        """Ends the checkpoint in the background, if there is one; what it had copied is left to the next."""
        self._thread.shutdown()
        if self._under_way is not None:
            self._under_way.close()

    @staticmethod
    def _try(write: Write) -> Exception | None:
        try:
            write()
        except (sqlite3.Error, OSError) as error:
            return error
        return None

    def steps(self) -> Steps:
        """The steps of one checkpoint; returns whether it was written."""
        counters, begun_s = self._counters, self._clock.now_s()
        if self._writer.end == self.position and not (
            counters.changed or counters.forgotten or self._ids.void
        ):
            self.complete_s = begun_s
            return False
        if not self._drained() or not self._events.all_kept():
            return False
        begun_at = self._writer.end
        changed, counters.changed = list(counters.changed), set()
        ids = self._ids.begin_checkpoint()
        written = False
        try:
            written = yield from self._written(begun_at, changed, ids)
        finally:
            self._ids.end_checkpoint(written)
            if not written:
                counters.changed.update(changed)
        if written:
            self.position, self.complete_s = begun_at, begun_s
        return written

    def _written(
        self,
        position: int,
        changed: list[ApplicationCounters],
        ids: list[state.IdRow],
    ) -> Steps:
        """The steps of writing what has changed; returns whether all of it was written."""
        if void := dict(self._ids.void):
            if not (yield from self._tried(partial(state.forget_ids, self._connection, void))):
                return False
            self._ids.removed(void)
        for part in _parts(ids):
            if not (yield from self._tried(partial(state.write_rows, self._connection, [], part))):
                return False
        for applications in _parts(changed):
            rows: list[state.CounterRow] = []
            for start in range(0, len(applications), CHUNK):
                if not self._drained():
                    return False
                rows += [
                    self._row(each)
                    for each in applications[start : start + CHUNK]
                    if self._counters.holds(each)  # else it was forgotten meanwhile
                ]
                yield None
            if not (yield from self._tried(partial(state.write_rows, self._connection, rows, []))):
                return False
        forgotten = dict(self._counters.forgotten)
        finish = partial(self._finish, position, forgotten, self._clock.now_s())
        if not (yield from self._tried(finish)):
            return False
        self._counters.removed(forgotten)
        return True

    def _row(self, application: ApplicationCounters) -> state.CounterRow:
        names = (application.service, application.application)
        return state.CounterRow(*names, self._writer.end, application.pack())

    def _tried(self, write: Write) -> Steps:
        """One write; returns whether it succeeded."""
        error = yield write
        if error is not None:
            log.warning("no checkpoint: the state cannot be written", reason=str(error))
        return error is None

    def _finish(self, position: int, forgotten: state.Forgotten, now_s: int) -> None:
        # Events first: whatever they miss after a power cut, the replay behind this checkpoint must find.
        self._events.make_durable()
        state.finish_checkpoint(self._connection, position, forgotten, now_s)

    def _drained(self) -> bool:
        """Whether all that is in the counters is durable: only that may be copied."""
        try:
            self._committer.drain()
        except OSError as caught:
            log.warning("no checkpoint: the log cannot be written", reason=str(caught))
            return False
        return True


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + PART] for start in range(0, len(items), PART))
