"""The ledger that many listeners share: counters, ids and log on Redis, one script per call.

    what                                atomic by
    check, count, id, log, events       one script; all keys of a service lie in one slot
    durable                             Redis' own `appendfsync`: with `always` before the answer, with `everysec` within a second
    not known whether it was counted    the connection broke after the command was sent: OSError; with an id it can be repeated
    the registry has changed            the script sees its revision, and does nothing: Stale
    Redis is away                       OSError; `check` may go by what it knew last (`TALLYGATE_LEDGER_WHEN_DOWN=allow`)

Numbers are exact up to 2^53; a call that would count beyond is refused.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tallygate.domain.clock import Clock
from tallygate.domain.errors import IdConflict, UsageValueInvalid
from tallygate.domain.limits import Epoch, epoch_at
from tallygate.ledger.contract import Stale, Verdict
from tallygate.ledger.digests import key_of
from tallygate.ledger.entry import HEAD, Entry, encode_body, record, tombstone
from tallygate.ledger.events import Event
from tallygate.ledger.figures import Figure
from tallygate.ledger.redis import scripts
from tallygate.ledger.redis.call import ANY_REVISION, RedisCall
from tallygate.ledger.redis.event_queue import EventQueue
from tallygate.ledger.redis.keys import Keys
from tallygate.ledger.redis.recording import Recorded, Recording
from tallygate.ledger.redis.span import span
from tallygate.ledger.redis.traces import Traces, id_value
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.redis.client import RedisClient, argument
from tallygate.redis.connection import Answer
from tallygate.redis.errors import RedisAway
from tallygate.redis.revisions import Revisions
from tallygate.settings import Settings

_FORGOTTEN_AT_ONCE: Final = 500


class RedisLedger:
    """Exact counters and a durable log. `ledger.contract` says what it promises."""

    generation = 0
    """Prepared calls hold nothing that could become void."""

    def __init__(
        self,
        client: RedisClient,
        keys: Keys,
        revisions: Revisions,
        clock: Clock,
        settings: Settings,
    ) -> None:
        """
        Args:
            client: Started, with `scripts.ALL`.
            revisions: Of the registry that what is prepared here is derived from.
        """
        self._client = client
        self._keys = keys
        self._revisions = revisions
        self._clock = clock
        self._id_window_s = settings.id_window_s
        self._allows_when_down = settings.ledger_when_down == "allow"
        self._events = EventQueue(client, keys, settings.event_days * 86_400)
        self._traces = Traces(client, keys)
        self._calls = self._entries = self._failures = 0
        self._took_s = 0.0
        self._under_way = 0

    def prepare(
        self,
        service: str,
        application: str,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int = 0,
        levels: Sequence[int] = (),
    ) -> RedisCall:
        """Raises UsageValueInvalid: a number is larger than can be counted exactly."""
        revision = self._revisions.seen[self._keys.partition(service)]
        return RedisCall(self._keys, revision, service, application, limits, usage, code, levels)

    async def check(self, call: RedisCall) -> Verdict:
        epoch, now_s, _ = self._now()
        command = call.plain_head + _time(epoch, now_s) + _NOTHING
        try:
            verdict = self._verdict(call, await self._run(call.partition, command), epoch)
        except RedisAway:
            if not self._allows_when_down:
                raise
            return call.last or Verdict(True, (0,) * len(call.limits), epoch)
        call.last = verdict
        return verdict

    async def check_and_record(self, call: RedisCall, entry_id: str = "") -> Verdict:
        if not call.counts:
            return await self.check(call)
        epoch, now_s, now_ms = self._now()
        if entry_id:
            command = self._under_id(call, entry_id, epoch, now_s, now_ms)
        else:
            body = call.body
            what = argument(HEAD.pack(len(body), now_ms) + body) if body else _SETS
            if body:
                command = call.plain_head + _time(epoch, now_s) + what
            else:
                command = call.head(1) + _time(epoch, now_s) + what + argument(b"%d" % now_ms)
        verdict = self._verdict(call, await self._run(call.partition, command), epoch, entry_id)
        if verdict.authorized and not verdict.repeated:
            self._entries += 1
        call.last = verdict
        return verdict

    def record(
        self, entries: Iterable[Entry], keep_ids: bool = False, watched: Iterable[Any] = ()
    ) -> Recorded:
        """Raises UsageValueInvalid: a number is larger than can be counted exactly."""
        found = list(entries)
        recorded = Recorded(found)
        if found:
            recording = Recording(self._keys, found, watched)
            epoch, now_s, _ = self._now()
            expires_s = 0 if keep_ids else now_s + self._id_window_s
            revision = self._revisions.seen[recording.partition]
            command = recording.command(revision, epoch, now_s, expires_s)
            recorded.batch = self._record(recorded, recording.partition, command)
        return recorded

    async def utilization(
        self, service: str, application: str, limits: Sequence[LimitOn]
    ) -> tuple[int, ...]:
        call = RedisCall(self._keys, ANY_REVISION, service, application, limits, None, 0, ())
        epoch, now_s, _ = self._now()
        command = call.plain_head + _time(epoch, now_s) + _NOTHING
        return self._verdict(call, await self._run(call.partition, command), epoch).values

    async def forget(self, service: str, application: str = "") -> None:
        """Of a service the history forgets what came before this, and the counters go application by application."""
        keys, partition = self._keys, self._keys.partition(service)
        said = tombstone(service, application, self._clock.now_ms())
        recorded = record(said.time_ms, encode_body(said))
        if application:
            await self._traces.forget(service, application, recorded)
            await self._events.forget(service, application)
            return
        call = self._client.call
        await call(partition, b"XADD", keys.log(partition), b"*", b"e", recorded)
        applications = keys.applications(service)
        while names := await call(
            partition, b"SRANDMEMBER", applications, b"%d" % _FORGOTTEN_AT_ONCE
        ):
            counters = [keys.counters(service, name.decode()) for name in names]
            await call(partition, b"UNLINK", *counters)
            await call(partition, b"SREM", applications, *names)

    async def traces(self, service: str, application: str) -> dict[str, int]:
        """The history itself removes from the log what it has."""
        found = await self._traces.count(service, application)
        found["events"] += await self._events.count_of(service, application)
        return found

    async def events(self, after: int = 0) -> list[Event]:
        return await self._events.all(self._clock.now_s(), after)

    async def delete_events(self, first: int, last: int) -> int:
        return await self._events.delete(first, last)

    async def forget_alert(self, service: str, application: str, level: int) -> bool:
        head = scripts.FORGET_ALERT.start([self._keys.counters(service, application)], 1)
        command = head + argument(b"%d" % level)
        return bool(await self._client.run(self._keys.partition(service), command))

    async def claim_notice(self) -> bool:
        return await self._events.claim(self._clock.now_s())

    def figures(self) -> Sequence[Figure]:
        return (
            Figure("waiting_calls", self._under_way),
            Figure("entries", self._entries, counts_up=True),
            Figure("calls", self._calls, counts_up=True),
            Figure("failed_calls", self._failures, counts_up=True),
            Figure("call_seconds", self._took_s, counts_up=True),
        )

    def _under_id(
        self, call: RedisCall, entry_id: str, epoch: Epoch, now_s: int, now_ms: int
    ) -> bytes:
        entry = Entry(
            call.service, call.application, now_ms, call.usage.adds, call.code, call.usage.sets
        )
        counted = tuple(pair for pair in entry.usage if pair[1])
        content = id_value(Entry(*_who(entry), counted, entry.code, entry.sets)).encode()
        id_key = self._keys.id(call.service, key_of(call.service, entry_id))
        expires_s = now_s + self._id_window_s
        return b"".join(
            (
                call.head(4, id_key),
                _time(epoch, now_s),
                _SETS,
                argument(b"%d" % now_ms),
                argument(entry_id.encode()),
                argument(content),
                argument(b"%d" % expires_s),
            )
        )

    async def _record(self, recorded: Recorded, partition: int, command: bytes) -> None:
        recorded.settle(await self._run(partition, command))
        self._entries += len(recorded.accepted)

    async def _run(self, partition: int, command: bytes) -> Answer:
        began_s = time.perf_counter()
        self._under_way += 1
        try:
            return await self._client.run(partition, command)
        except RedisAway:
            self._failures += 1
            raise
        finally:
            self._under_way -= 1
            self._calls += 1
            self._took_s += time.perf_counter() - began_s

    def _verdict(
        self, call: RedisCall, answer: Answer, epoch: Epoch, entry_id: str = ""
    ) -> Verdict:
        status, values = answer[0], tuple(answer[1:])
        if status == scripts.AUTHORIZED:
            return Verdict(True, values, epoch)
        if status == scripts.DENIED:
            return Verdict(False, values, epoch)
        if status == scripts.REPEATED:
            return Verdict(True, values, epoch, repeated=True)
        if status == scripts.STALE:
            raise Stale
        if status == scripts.CONFLICT:
            raise IdConflict(entry_id)
        pairs = (*call.usage.adds, *call.usage.sets)
        metric, number = max(pairs, key=lambda pair: pair[1])
        raise UsageValueInvalid(metric, str(number))

    def _now(self) -> tuple[Epoch, int, int]:
        """The epoch, UTC seconds and milliseconds."""
        now_ms = self._clock.now_ms()
        now_s = now_ms // 1000
        return epoch_at(now_s), now_s, now_ms


_NOTHING: Final = argument(b"")
_SETS: Final = argument(b"s")


def _time(epoch: Epoch, now_s: int) -> bytes:
    return argument(span(epoch)) + argument(b"%d" % now_s)


def _who(entry: Entry) -> tuple[str, str, int]:
    return entry.service, entry.application, entry.time_ms
