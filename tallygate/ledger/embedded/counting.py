"""Asking and counting: what happens in one turn of the event loop, in memory; durable when the batch is."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from tallygate.domain.clock import Clock
from tallygate.domain.errors import IdConflict
from tallygate.domain.limits import DAY, MINUTE, Epoch, epoch_at
from tallygate.ledger.digests import content_of, key_of, owner_of
from tallygate.ledger.embedded.call import Call
from tallygate.ledger.embedded.commit import DURABLE, Batch, Committer
from tallygate.ledger.embedded.ids import Seen, SeenIds
from tallygate.ledger.embedded.outcome import Once, Recorded
from tallygate.ledger.embedded.resident import ResidentCounters
from tallygate.ledger.embedded.undo import Place, take_back_from
from tallygate.ledger.entry import HEAD, Entry, encode_body, record
from tallygate.ledger.usage import LimitOn, Usage

SET_BACK_A_LITTLE_MS: Final = 3_600_000


class Counting:
    """The counters, the ids and the batch that is being made, as one.

    Attributes:
        epoch: Now; only forward: limit periods never go back.
    """

    def __init__(
        self,
        counters: ResidentCounters,
        ids: SeenIds,
        committer: Committer,
        clock: Clock,
        id_window_s: int,
    ) -> None:
        self._counters = counters
        self._ids = ids
        self._committer = committer
        self._clock = clock
        self._id_window_s = id_window_s
        self._begin(epoch_at(clock.now_s()))

    def prepare(
        self,
        service: str,
        application: str,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int = 0,
        levels: Sequence[int] = (),
    ) -> Call:
        """See `ledger.contract`."""
        self._advance(self._clock.now_ms())
        counters = self._counters.of(service, application)
        return Call(counters, self.epoch, limits, usage, code, levels)

    def passes(self, call: Call) -> bool:
        """Whether the call is within its limits now. Counts nothing."""
        now_ms = self._clock.now_ms()
        if now_ms >= self.epoch.end_ms:
            self._advance(now_ms)
        if call.epoch is not self.epoch:
            call.roll(self.epoch)
        if call.hopeless:
            return False
        for counter, base, room in call.checks:  # noqa: SIM110 (a generator costs more than the loop)
            if counter[1] - counter[base] > room:
                return False
        return True

    def count(self, call: Call) -> Batch | None:
        """Counts the call if it is within its limits. Atomic.

        Returns:
            What to await before the answer leaves (OSError: it was not counted); None = denied, nothing counted.
        """
        now_ms = self._clock.now_ms()
        if now_ms >= self.epoch.end_ms:
            self._advance(now_ms)
        if call.epoch is not self.epoch:
            call.roll(self.epoch)
        if call.hopeless:
            return None
        for counter, base, room in call.checks:
            if counter[1] - counter[base] > room:
                return None
        if now_ms < self._begin_ms:
            now_ms = self._stamp_ms(now_ms)
        if not call.body:
            return self._count_sets(call, now_ms) if call.usage.sets else DURABLE
        batch = self._committer.batch
        if not batch.records:
            self._begin_batch()
        for counter, delta in call.adds:
            counter[1] += delta
        application = call.application
        self._counters.changed.add(application)
        if application.traffic_day_s < self._day_s:
            batch.fresh[application] = None
        if call.levels:
            batch.watched[application] = call
        batch.undo.append(call)
        batch.records.append(HEAD.pack(len(call.body), now_ms) + call.body)
        return batch

    def count_once(self, call: Call, entry_id: str) -> Once | None:
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
            return Once(DURABLE, repeated=False) if self.passes(call) else None
        entry = call.entry(self._stamp_ms(self._clock.now_ms()), entry_id)
        seen = self._ids.find(key_of(entry.service, entry_id), now_s)
        if seen is None and not self.passes(call):
            return None
        outcome = Recorded()
        self._record_one(0, entry, now_s, now_s + self._id_window_s, outcome)
        for _, conflict in outcome.conflicts:
            raise conflict
        if outcome.accepted:
            self._watch(call)
        if call.epoch is not self.epoch:
            call.roll(self.epoch)
        return Once(self._committer.latest(), repeated=bool(outcome.duplicates))

    def record(
        self, entries: Iterable[Entry], keep_ids: bool = False, watched: Iterable[Any] = ()
    ) -> Recorded:
        """See `ledger.contract`; what becomes of the entries is known at once.

        `Entry.usage` holds what is added; for the metrics in `Entry.sets` the difference is worked out here. The ids' expiry in
        the entries is ignored and set from the window.

        Raises:
            Whatever `entries` or `state.db` raise; then none of them is counted.
        """
        outcome = Recorded()
        now_s = self._clock.now_s()
        self._advance(now_s * 1000)
        expires_s = 0 if keep_ids else now_s + self._id_window_s
        batch = self._committer.batch
        begun_at = Place.of(batch)
        try:
            for index, entry in enumerate(entries):
                self._record_one(index, entry, now_s, expires_s, outcome)
        except BaseException:
            take_back_from(batch, begun_at)
            raise
        if outcome.accepted:
            for call in watched:
                self._watch(call)
        outcome.batch = self._committer.latest()
        return outcome

    def current(self, service: str, application: str, metric: str) -> dict[str, int]:
        """A metric's current value in each period, by period name."""
        self._advance(self._clock.now_ms())
        return self._counters.of(service, application).values(metric, self.epoch)

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
        application = self._counters.of(entry.service, entry.application)
        if entry.sets:
            changed = self._counters.count_sets(application, entry, self.epoch, batch.undo)
            entry = replace(entry, usage=changed)
        else:
            self._counters.count(application, entry, self.epoch, batch.undo)
        if expires_s and application.traffic_day_s < self._day_s:  # imported history is no traffic
            batch.fresh[application] = None
        if key:
            owner = owner_of(entry.service, entry.application)
            self._ids.remember(key, Seen(content, expires_s, owner))
            batch.undo.append(lambda: self._ids.forget(key))
            entry = replace(entry, id_expires_s=expires_s)
        batch.records.append(record(entry.time_ms, encode_body(entry)))
        outcome.accepted.append(index)

    def _count_sets(self, call: Call, now_ms: int) -> Batch:
        now_s = now_ms // 1000
        self._record_one(0, call.entry(now_ms), now_s, now_s + self._id_window_s, Recorded())
        self._watch(call)
        return self._committer.latest()

    def _watch(self, call: Call) -> None:
        """The call's application has counted in the batch that is being made."""
        if call.levels:
            self._committer.batch.watched[call.application] = call

    def _advance(self, now_ms: int) -> None:
        if now_ms >= self.epoch.end_ms:
            self._begin(epoch_at(now_ms // 1000))

    def _begin(self, epoch: Epoch) -> None:
        self.epoch = epoch
        self._day_s = epoch.starts_s[DAY]
        self._begin_ms = epoch.starts_s[MINUTE] * 1000

    def _stamp_ms(self, now_ms: int) -> int:
        """When a call of now is said to be made.

        After the clock was set back a little, at the begin of the minute whose limits were checked: so a replay counts it where it was
        counted. A clock that is far behind was wrong before, and is believed.
        """
        behind_ms = self._begin_ms - now_ms
        return self._begin_ms if 0 < behind_ms <= SET_BACK_A_LITTLE_MS else now_ms

    def _begin_batch(self) -> None:
        self._committer.batch.epoch = self.epoch
        self._committer.schedule()
