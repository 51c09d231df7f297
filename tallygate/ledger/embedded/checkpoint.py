"""Checkpoints: the counters and ids as of a position of the log, in one transaction, without stopping the world.

Changed counters are copied in chunks, and calls go on in between. So each row says up to which position it counts, and the
checkpoint's own position is where copying began: a replay from there brings in, row by row, just what is missing.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from tallygate.domain.clock import Clock
from tallygate.ledger.embedded import state
from tallygate.ledger.embedded.commit import Committer
from tallygate.ledger.embedded.event_store import EventStore
from tallygate.ledger.embedded.ids import SeenIds
from tallygate.ledger.embedded.resident import ResidentCounters
from tallygate.ledger.embedded.segments import SegmentWriter

log = structlog.get_logger()

CHUNK: Final = 200
"""Applications that are copied in one turn of the event loop."""

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
        if not counters.changed and self._writer.end == self.position and not counters.forgotten:
            self.complete_s = begun_s
            return False
        if not self._drained() or not self._events.all_kept():
            return False
        begun_at = self._writer.end
        changed, counters.changed = list(counters.changed), set()
        ids = self._ids.begin_checkpoint()
        written = False
        try:
            rows: list[state.CounterRow] = []
            for start in range(0, len(changed), CHUNK):
                if not self._drained():
                    return False
                rows += [
                    state.CounterRow(each.service, each.application, self._writer.end, each.pack())
                    for each in changed[start : start + CHUNK]
                ]
                yield None
            now_s, forgotten = self._clock.now_s(), dict(counters.forgotten)
            error = yield lambda: self._write(begun_at, rows, ids, forgotten, now_s)
            written = error is None
            if error is None:
                counters.removed(forgotten)
            else:
                log.warning("no checkpoint: the state cannot be written", reason=str(error))
        finally:
            self._ids.end_checkpoint(written)
            if not written:
                counters.changed.update(changed)
        if written:
            self.position, self.complete_s = begun_at, begun_s
        return written

    def _write(
        self,
        position: int,
        rows: list[state.CounterRow],
        ids: list[tuple[bytes, bytes, int]],
        forgotten: dict[str, int],
        now_s: int,
    ) -> None:
        # Events first: whatever they miss after a power cut, the replay behind this checkpoint must find.
        self._events.make_durable()
        state.write_checkpoint(self._connection, position, rows, ids, forgotten, now_s)

    def _drained(self) -> bool:
        """Whether all that is in the counters is durable: only that may be copied."""
        try:
            self._committer.drain()
        except OSError as caught:
            log.warning("no checkpoint: the log cannot be written", reason=str(caught))
            return False
        return True
