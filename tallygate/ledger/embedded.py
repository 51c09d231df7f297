"""The ledger of one machine: counters in memory, the log and the checkpoints on disk.

    what                                atomic by
    check, count, enqueue               one turn of the event loop: nothing awaits in between
    enqueue ... durable                 the frame's checksum: all of a batch or nothing
    checkpoint                          one SQLite transaction, never ahead of the durable log

All methods belong to one thread: the event loop's, once `attach` was called.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Self

import structlog
from msgspec.structs import replace

from tallygate.domain.clock import Clock
from tallygate.domain.errors import IdConflict, LogCorrupt
from tallygate.domain.limits import epoch_at
from tallygate.ledger import state
from tallygate.ledger.call import Call, LimitOn, Usage
from tallygate.ledger.checkpoint import Checkpointer
from tallygate.ledger.commit import DURABLE, Batch, Committer
from tallygate.ledger.entry import HEAD, Entry, encode_body, record
from tallygate.ledger.figures import Figures
from tallygate.ledger.ids import Seen, SeenIds, content_of, key_of
from tallygate.ledger.lock import take_lock
from tallygate.ledger.log import LogReader
from tallygate.ledger.outcome import Once, Recorded
from tallygate.ledger.resident import ResidentCounters
from tallygate.ledger.segments import SegmentWriter
from tallygate.ledger.undo import take_back_from, undo_all, undo_except_counters
from tallygate.settings import Settings

log = structlog.get_logger()


class Ledger:
    """Exact counters and a durable log. See `docs/architecture.md` for what it promises."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Opens the ledger and replays what came after the last checkpoint. Use `open`.

        Raises:
            Busy: Another process has it open.
            LogCorrupt: The log is damaged; nothing was changed.
        """
        folder = settings.ledger
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(folder / "lock")
        self._clock = clock
        self._consumers = folder / "consumers"
        self._checkpoint_s = settings.checkpoint_s
        self._id_window_s = settings.id_window_s
        self._state = state.connect(folder / "state.db")
        self._state_writer = state.connect(folder / "state.db")
        self._ids = SeenIds(self._state)
        self._reader = LogReader(folder / "log")
        self._writer = SegmentWriter(folder / "log", settings.segment_bytes)
        self._committer = Committer(self._writer, self._take_back)
        self._counters = ResidentCounters(self._state, self._reader)
        self._checkpointer = Checkpointer(
            self._state_writer, self._counters, self._ids, self._committer, self._writer, clock
        )
        self._epoch = epoch_at(clock.now_s())
        self._timer: asyncio.Task[None] | None = None
        self.generation = 0
        """Changes when prepared calls made before must no longer be used."""
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
        self._lock.close()

    # Asking and counting

    def prepare(
        self,
        service: str,
        application: str,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int = 0,
    ) -> Call:
        """Works a call out once; it may be used again as long as `generation` stays the same."""
        self._advance(self._clock.now_ms())
        return Call(self._counters.of(service, application), self._epoch, limits, usage, code)

    def check(self, call: Call) -> bool:
        """Whether the call is within its limits now. Counts nothing."""
        now_ms = self._clock.now_ms()
        if now_ms >= self._epoch.end_ms:
            self._advance(now_ms)
        if call.epoch is not self._epoch:
            call.roll(self._epoch)
        if call.hopeless:
            return False
        for counter, base, room in call.checks:  # noqa: SIM110 (a generator costs more than the loop)
            if counter[1] - counter[base] > room:
                return False
        return True

    def check_and_record(self, call: Call) -> Batch | None:
        """Counts the call if it is within its limits. Atomic.

        Returns:
            What to await before the answer leaves (OSError: it was not counted); None = denied, nothing counted.
        """
        now_ms = self._clock.now_ms()
        if now_ms >= self._epoch.end_ms:
            self._advance(now_ms)
        if call.epoch is not self._epoch:
            call.roll(self._epoch)
        if call.hopeless:
            return None
        for counter, base, room in call.checks:
            if counter[1] - counter[base] > room:
                return None
        if not call.body:
            return self._record_sets(call, now_ms) if call.usage.sets else DURABLE
        batch = self._committer.batch
        if not batch.records:
            self._begin_batch()
        for counter, delta in call.adds:
            counter[1] += delta
        self._counters.changed.add(call.application)
        batch.undo.append(call)
        batch.records.append(HEAD.pack(len(call.body), now_ms) + call.body)
        return batch

    def check_and_record_once(self, call: Call, entry_id: str) -> Once | None:
        """The same under an id: a repetition of a call that was counted is acknowledged, whatever its limits say by now.

        A call that counts nothing is only checked, and its id is not remembered; neither is that of a denied one.

        Returns:
            None = denied, nothing counted.

        Raises:
            IdConflict: The id was used with another content.
        """
        now_s = self._clock.now_s()
        self._advance(now_s * 1000)
        if not (call.body or call.usage.sets):
            return Once(DURABLE, repeated=False) if self.check(call) else None
        entry = call.entry(self._clock.now_ms(), entry_id)
        seen = self._ids.find(key_of(entry.service, entry_id), now_s)
        if seen is None and not self.check(call):
            return None
        outcome = Recorded()
        self._record_one(0, entry, now_s, now_s + self._id_window_s, outcome)
        for _, conflict in outcome.conflicts:
            raise conflict
        if call.epoch is not self._epoch:
            call.roll(self._epoch)
        return Once(self._committer.latest(), repeated=bool(outcome.duplicates))

    def record(self, entries: Iterable[Entry], keep_ids: bool = False) -> Recorded:
        """Counts entries without asking for limits; each at its own time.

        An entry whose id was seen before with the same content is a duplicate: acknowledged, not counted. `Entry.usage` holds
        what is added; for the metrics in `Entry.sets` the ledger works out the difference itself.

        Args:
            entries: In order. Their ids' expiry is ignored and set from the window.
            keep_ids: Remember their ids for ever (imported history) instead of for the window.

        Raises:
            Whatever `entries` or `state.db` raise; then none of them is counted.
        """
        outcome = Recorded()
        now_s = self._clock.now_s()
        self._advance(now_s * 1000)
        expires_s = 0 if keep_ids else now_s + self._id_window_s
        batch = self._committer.batch
        begun_at = (len(batch.records), len(batch.undo))
        try:
            for index, entry in enumerate(entries):
                self._record_one(index, entry, now_s, expires_s, outcome)
        except BaseException:
            take_back_from(batch, *begun_at)
            raise
        outcome.batch = self._committer.latest()
        return outcome

    def utilization(
        self, service: str, application: str, limits: Sequence[LimitOn]
    ) -> tuple[int, ...]:
        """The current value of each limit's metric in its period."""
        return self.prepare(service, application, limits, None).values()

    def values(self, service: str, application: str, metric: str) -> dict[str, int]:
        """A metric's current value in each period, by period name."""
        self._advance(self._clock.now_ms())
        return self._counters.of(service, application).values(metric, self._epoch)

    def figures(self) -> Figures:
        """How it goes, for those who operate it."""
        totals, checkpointer = self._committer.totals, self._checkpointer
        return Figures(
            durable_position=self._writer.end,
            checkpoint_position=checkpointer.position,
            checkpoint_age_s=max(0, self._clock.now_s() - checkpointer.complete_s),
            waiting_entries=len(self._committer.batch.records),
            batches=totals.batches,
            entries=totals.entries,
            failed_batches=totals.failed_batches,
            sync_s=totals.sync_s,
            resident_applications=len(self._counters),
        )

    def flush(self) -> None:
        """Makes everything durable now; for use without an event loop.

        Raises:
            OSError: What was recorded since the last flush was not counted.
        """
        self._committer.drain()

    def _record_one(
        self, index: int, entry: Entry, now_s: int, expires_s: int, outcome: Recorded
    ) -> None:
        batch = self._committer.batch
        key = b""
        if entry.id:
            key, content = key_of(entry.service, entry.id), content_of(entry)
            seen = self._ids.find(key, now_s)
            if seen is not None:
                if seen.content == content:
                    outcome.duplicates.append(index)
                else:
                    outcome.conflicts.append((index, IdConflict(entry.id)))
                return
        if not batch.records:
            self._begin_batch()
        if entry.sets:
            entry = replace(entry, usage=self._counters.count_sets(entry, self._epoch, batch.undo))
        else:
            self._counters.count(entry, self._epoch, batch.undo)
        if key:
            self._ids.remember(key, Seen(content, expires_s))
            batch.undo.append(lambda: self._ids.forget(key))
            entry = replace(entry, id_expires_s=expires_s)
        batch.records.append(record(entry.time_ms, encode_body(entry)))
        outcome.accepted.append(index)

    def _record_sets(self, call: Call, now_ms: int) -> Batch:
        self._record_one(0, call.entry(now_ms), now_ms // 1000, 0, Recorded())
        return self._committer.latest()

    def _advance(self, now_ms: int) -> None:
        if now_ms >= self._epoch.end_ms:  # only forward: limit periods never go back
            self._epoch = epoch_at(now_ms // 1000)

    def _begin_batch(self) -> None:
        self._committer.batch.epoch = self._epoch
        self._committer.schedule()

    def _take_back(self, batches: list[Batch]) -> None:
        """Takes back what could not be made durable.

        Over a change of epoch the old totals have gone into bases: then the counters are read anew from disk.
        """
        items = [item for batch in batches for item in batch.undo]
        if all(batch.epoch in (None, self._epoch) for batch in batches):
            undo_all(items)
        else:
            changed = undo_except_counters(items)
            self._counters.reload(changed, self._checkpointer.position, self._epoch)

    def _replay(self) -> None:
        # Without a checkpoint (`state.db` is new or was lost) from the first that the log still holds.
        begin = self._checkpointer.position or self._reader.begin()
        try:
            for position, entries in self._reader.frames(begin):
                self._replay_frame(position, entries)
        except ValueError as error:
            raise LogCorrupt(f"the log does not go with the last checkpoint: {error}") from error

    def _replay_frame(self, position: int, entries: list[Entry]) -> None:
        self._counters.replay(entries, position, self._epoch)
        for entry in entries:
            if entry.id:
                seen = Seen(content_of(entry), entry.id_expires_s)
                self._ids.remember(key_of(entry.service, entry.id), seen)

    async def _checkpoints(self) -> None:
        while True:
            await asyncio.sleep(self._checkpoint_s)
            try:
                if await self._checkpointer.in_background():
                    self._tidy_up()
            except Exception:  # the log has everything: the next one may succeed
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
