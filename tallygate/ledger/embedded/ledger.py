"""The ledger of one machine: counters in memory, the log and the checkpoints on disk.

    what                                atomic by
    check, count, enqueue               one turn of the event loop: nothing awaits in between
    enqueue ... durable                 the frame's checksum: all of a batch or nothing
    checkpoint                          one SQLite transaction, never ahead of the durable log
    forgetting                          one frame of the log; memory follows at once, `state.db` with the next checkpoint

All methods belong to one thread: the event loop's, once `attach` was called.
"""

import asyncio
import errno
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Self, TypeVar

import structlog

from tallygate.domain.clock import Clock
from tallygate.domain.errors import LogCorrupt
from tallygate.domain.limits import DAY, epoch_at
from tallygate.ledger.contract import Verdict
from tallygate.ledger.digests import content_of, key_of, owner_of
from tallygate.ledger.embedded import state
from tallygate.ledger.embedded.call import Call
from tallygate.ledger.embedded.checkpoint import Checkpointer
from tallygate.ledger.embedded.commit import DURABLE, Batch, Committer
from tallygate.ledger.embedded.counters import ApplicationCounters
from tallygate.ledger.embedded.counting import Counting
from tallygate.ledger.embedded.event_store import EventStore
from tallygate.ledger.embedded.ids import Seen, SeenIds
from tallygate.ledger.embedded.lock import take_lock
from tallygate.ledger.embedded.log import LogReader
from tallygate.ledger.embedded.outcome import Once
from tallygate.ledger.embedded.resident import ResidentCounters
from tallygate.ledger.embedded.segments import SegmentWriter
from tallygate.ledger.embedded.undo import undo_all, undo_except_counters
from tallygate.ledger.embedded.watch import Watcher, levels_reached
from tallygate.ledger.entry import FORGET, Entry, encode_body, forgets, record, tombstone
from tallygate.ledger.events import Event
from tallygate.ledger.figures import Figure
from tallygate.ledger.usage import LimitOn
from tallygate.settings import Settings

log = structlog.get_logger()

T = TypeVar("T")


class EmbeddedLedger(Counting):
    """Exact counters and a durable log. `ledger.contract` says what it promises.

    Without an event loop the steps of `Counting` can be used; what they count is durable after `flush`.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Opens the ledger and replays what came after the last checkpoint. Use `open`.

        Raises:
            Busy: Another process has it open.
            LogCorrupt: The log is damaged; nothing was changed.
        """
        folder = settings.ledger
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(folder / "lock")
        self._consumers = folder / "consumers"
        self._checkpoint_s = settings.checkpoint_s
        self._state = state.connect(folder / "state.db")
        self._state_writer = state.connect(folder / "state.db")
        self._events = EventStore(folder / "events.db", settings.event_days * 86_400)
        self._watcher = Watcher(self._events)
        self._reader = LogReader(folder / "log")
        self._writer = SegmentWriter(folder / "log", settings.segment_bytes)
        super().__init__(
            ResidentCounters(self._state, self._reader, self._events.read_marks),
            SeenIds(self._state),
            Committer(self._writer, self._take_back, self._weigh, self._look),
            clock,
            settings.id_window_s,
        )
        self._checkpointer = Checkpointer(
            self._state_writer,
            self._counters,
            self._ids,
            self._committer,
            self._writer,
            self._events,
            clock,
        )
        self._timer: asyncio.Task[None] | None = None
        self._checkpointing = asyncio.Lock()
        self.generation = 0
        """Changes when prepared calls made before must no longer be used."""
        self.replayed: list[tuple[str, str]] = []
        """(service, application) of what the log held behind the last checkpoint; then `raise_missed` is to be called."""
        try:
            self._replay()
        except BaseException:
            self._let_go()
            raise

    @classmethod
    def open(cls, settings: Settings, clock: Clock) -> Self:
        """The ledger of the settings' home. Close it, or use it in a `with`."""
        return cls(settings, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Batches leave by themselves and checkpoints are made from now on, in `loop`."""
        self._committer.attach(loop)
        self._timer = loop.create_task(self._checkpoints())

    def close(self) -> None:
        """Makes everything durable, writes a checkpoint and lets go of the folder."""
        if self._timer is not None:
            self._timer.cancel()
        self._checkpointer.stop()
        try:
            self._committer.close()
            self.checkpoint_now()
        except OSError as error:
            log.error("the last batch was not written", reason=str(error))
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._writer.close()
        self._state.close()
        self._state_writer.close()
        self._events.close()
        self._lock.close()

    # What the contract has besides counting

    async def check(self, call: Call) -> Verdict:
        authorized = self.passes(call)
        return Verdict(authorized, call.values(), call.epoch)

    async def check_and_record(self, call: Call, entry_id: str = "") -> Verdict:
        if entry_id:
            verdict, done = self.begin(call, entry_id)
            await done
            return verdict
        batch = self.count(call)  # as `begin`, but for its cost: most calls come this way
        values, epoch = call.values(), call.epoch  # before anything else is counted
        if batch is None:
            return Verdict(False, values, epoch)
        await batch
        return Verdict(True, values, epoch)

    def begin(self, call: Call, entry_id: str = "") -> tuple[Verdict, Batch]:
        """Decides and counts at once; the verdict may be told when the batch is durable. Raises as `check_and_record`."""
        if entry_id:
            outcome = self.count_once(call, entry_id)
        else:
            batch = self.count(call)
            outcome = None if batch is None else Once(batch, repeated=False)
        values, epoch = call.values(), call.epoch
        if outcome is None:
            return Verdict(False, values, epoch), DURABLE
        return Verdict(True, values, epoch, outcome.repeated), outcome.batch

    async def utilization(
        self, service: str, application: str, limits: Sequence[LimitOn]
    ) -> tuple[int, ...]:
        return self.prepare(service, application, limits, None).values()

    async def forget(self, service: str, application: str = "") -> None:
        self.flush()
        said = tombstone(service, application, self._clock.now_ms())
        self._writer.append(record(said.time_ms, encode_body(said)))
        self._forget(said, self._writer.end)

    async def traces(self, service: str, application: str) -> dict[str, int]:
        self.flush()
        self._writer.begin_anew()
        await self.checkpoint()
        self._tidy_up()
        self._checkpointer.scrub()
        _on_disk(self._events.scrub)
        loop, reader = asyncio.get_running_loop(), self._reader
        logged = await loop.run_in_executor(None, reader.count_of, service, application)
        return {
            "counters": self._counters.count_of(service, application),
            "ids": self._ids.count_of(owner_of(service, application)),
            "events": _on_disk(lambda: self._events.count_of(service, application)),
            "log": logged,
        }

    async def events(self, after: int = 0) -> list[Event]:
        self._events.all_kept()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, _on_disk, lambda: self._events.events(after))

    async def delete_events(self, first: int, last: int) -> int:
        return _on_disk(lambda: self._events.delete(first, last))

    async def claim_notice(self) -> bool:
        return _on_disk(lambda: self._events.claim_notice(self._clock.now_s()))

    async def forget_alert(self, service: str, application: str, level: int) -> bool:
        self._counters.of(service, application).alerted.pop(level, None)
        return _on_disk(lambda: self._events.forget_alert(service, application, level))

    def figures(self) -> Sequence[Figure]:
        totals, checkpointer = self._committer.totals, self._checkpointer
        age_s = max(0, self._clock.now_s() - checkpointer.complete_s)
        return (
            Figure("durable_position_bytes", self._writer.end),
            Figure("checkpoint_position_bytes", checkpointer.position),
            Figure("checkpoint_age_seconds", age_s),
            Figure("waiting_entries", len(self._committer.batch.records)),
            Figure("resident_applications", len(self._counters)),
            Figure("entries", totals.entries, counts_up=True),
            Figure("batches", totals.batches, counts_up=True),
            Figure("failed_batches", totals.failed_batches, counts_up=True),
            Figure("sync_seconds", totals.sync_s, counts_up=True),
        )

    def raise_missed(self, calls: Iterable[Call]) -> None:
        """Raises the alerts that were due when the last process died.

        The log does not know limits and levels, and whoever has reached a limit may be denied from then on, without a trace.

        Args:
            calls: That count nothing, prepared with the levels and limits of the `replayed` applications.
        """
        self.replayed = []
        self._watcher.look((), levels_reached(calls, self.epoch), self._clock.now_s())

    # What happens to a batch

    def _weigh(self, batch: Batch) -> None:
        batch.reached = levels_reached(batch.watched.values(), self.epoch)

    def _look(self, batch: Batch) -> None:
        day_s = (batch.epoch or self.epoch).starts_s[DAY]
        fresh = [(application, day_s) for application in batch.fresh]
        self._watcher.look(fresh, batch.reached, self._clock.now_s())

    def _take_back(self, batches: list[Batch]) -> None:
        """Takes back what could not be made durable.

        Over a change of epoch the old totals have gone into bases: then the counters are read anew from disk.
        """
        items = [item for batch in batches for item in batch.undo]
        if all(batch.epoch in (None, self.epoch) for batch in batches):
            undo_all(items)
        else:
            changed = undo_except_counters(items)
            self._counters.reload(changed, self._checkpointer.position, self.epoch)

    def _forget(self, said: Entry, position: int) -> None:
        """Brings in what a tombstone says, which ends at this position of the log."""
        self._counters.forget(said, position, self.epoch)
        self._events.forget(said.service, said.application)
        if said.application:
            self._ids.forget_owner(owner_of(said.service, said.application), position)
            self.generation += 1

    # From and to disk

    def _replay(self) -> None:
        # Without a checkpoint (`state.db` is new or was lost) from the first that the log still holds.
        begin = self._checkpointer.position or self._reader.begin()
        fresh: dict[ApplicationCounters, int] = {}
        try:
            for position, entries in self._reader.frames(begin):
                if entries[0].code == FORGET:
                    said = entries[0]
                    self._forget(said, position)
                    fresh = {
                        each: day_s
                        for each, day_s in fresh.items()
                        if not forgets(said, each.service, each.application)
                    }
                else:
                    self._replay_frame(position, entries, fresh)
        except ValueError as error:
            raise LogCorrupt(f"the log does not go with the last checkpoint: {error}") from error
        self._watcher.look(fresh.items(), (), self._clock.now_s())
        self.replayed = [(each.service, each.application) for each in fresh]

    def _replay_frame(
        self, position: int, entries: list[Entry], fresh: dict[ApplicationCounters, int]
    ) -> None:
        self._counters.replay(entries, position, self.epoch)
        # When it was counted the log does not say; what is reported late lies between calls, which have the time of that.
        last_s = max(entry.time_ms for entry in entries) // 1000
        day_s = min(epoch_at(last_s), self.epoch, key=lambda epoch: epoch.end_ms).starts_s[DAY]
        for entry in entries:
            if entry.id:
                owner = owner_of(entry.service, entry.application)
                seen = Seen(content_of(entry), entry.id_expires_s, owner)
                self._ids.remember(key_of(entry.service, entry.id), seen)
            if not entry.id or entry.id_expires_s:
                fresh[self._counters.of(entry.service, entry.application)] = day_s

    async def _checkpoints(self) -> None:
        while True:
            await asyncio.sleep(self._checkpoint_s)
            await self.checkpoint()

    async def checkpoint(self) -> None:
        """Writes a checkpoint while calls go on; if it cannot be written, the log still has everything."""
        async with self._checkpointing:
            try:
                if await self._checkpointer.in_background():
                    self._tidy_up()
            except Exception:  # the next one may succeed
                log.exception("a checkpoint failed")

    def checkpoint_now(self) -> None:
        """Writes a checkpoint at once; if it cannot be written, the log still has everything."""
        if self._checkpointer.now():
            self._tidy_up()

    def _tidy_up(self) -> None:
        """Removes what the new checkpoint makes superfluous, on disk and in memory."""
        before = min(self._checkpointer.position, self._consumed())
        if self._writer.trimmable(before) and self._checkpointer.make_durable():
            self._writer.trim(before)
        if self._counters.evict():
            self.generation += 1

    def _consumed(self) -> int:
        """Up to where all readers of the log have durably come; 0 while there is none."""
        positions = [
            int(path.read_text() or 0)
            for path in self._consumers.glob("*")
            if not path.name.startswith(".")
        ]
        return min(positions, default=0)


def _on_disk(work: Callable[[], T]) -> T:
    """Raises OSError where SQLite cannot read or write now."""
    try:
        return work()
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error)) from error
