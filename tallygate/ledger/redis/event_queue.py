"""Events on Redis: the scripts put them into their partition; here they get their ids, from one sequence of the installation.

Each of the three steps may be repeated, by anybody at once, without harm: looking, giving ids (each event once), removing.
"""

import asyncio
from typing import Final

import msgspec

from tallygate.domain.limits import NAME_BY_PERIOD
from tallygate.ledger.events import ALERT, NOTICE_EVERY_S, Alert, Event
from tallygate.ledger.redis import scripts
from tallygate.ledger.redis.keys import Keys
from tallygate.redis.client import RedisClient, argument

_TRIMMED_AT_ONCE: Final = 500

_unpack: Final = msgspec.msgpack.Decoder(list[str | int]).decode


class EventQueue:
    """All events of the installation."""

    def __init__(self, client: RedisClient, keys: Keys, keep_s: int) -> None:
        """`keep_s`: For how long events are kept that nobody deletes; 0 = for ever."""
        self._client = client
        self._keys = keys
        self._keep_s = keep_s

    async def all(self, now_s: int, after: int = 0) -> list[Event]:
        """Those with ids above `after`, in the order of their ids. Raises RedisAway."""
        await self._gather()
        await self._trim(now_s - self._keep_s)
        rows = await self._client.call(
            0, b"ZRANGEBYSCORE", self._keys.events[0], b"(%d" % after, b"+inf"
        )
        return [_event(row) for row in rows]

    async def delete(self, first: int, last: int) -> int:
        """Deletes the events with these ids, both ends included; returns how many there were. Raises RedisAway."""
        await self._gather()
        events = self._keys.events[0]
        return int(
            await self._client.call(0, b"ZREMRANGEBYSCORE", events, b"%d" % first, b"%d" % last)
        )

    async def forget(self, service: str, application: str) -> None:
        """Deletes the events of an application. Raises RedisAway."""
        for row in await self._of(service, application):
            await self._client.call(0, b"ZREM", self._keys.events[0], row)

    async def count_of(self, service: str, application: str) -> int:
        """How many events an application has. Raises RedisAway."""
        return len(await self._of(service, application))

    async def _of(self, service: str, application: str) -> list[bytes]:
        await self._gather()
        rows = await self._client.call(0, b"ZRANGE", self._keys.events[0], b"0", b"-1")
        name = application.encode()
        return [
            row
            for row in rows
            if name in row
            and ((found := _event(row)).service, found.application) == (service, application)
        ]

    async def claim(self, now_s: int) -> bool:
        """Whether there are events and it is the caller's turn to tell of them. Raises RedisAway."""
        await self._gather()
        await self._trim(now_s - self._keep_s)
        keys = (self._keys.events[0], self._keys.noticed)
        head = scripts.CLAIM_EVENTS.start(keys, 2)
        command = head + argument(b"%d" % now_s) + argument(b"%d" % NOTICE_EVERY_S)
        return bool(await self._client.run(0, command))

    async def _trim(self, before_s: int) -> None:
        """Deletes some of the oldest events that are older than `before_s`."""
        if not self._keep_s:
            return
        events = self._keys.events[0]
        last = b"%d" % (_TRIMMED_AT_ONCE - 1)
        rows = await self._client.call(0, b"ZRANGE", events, b"0", last)
        expired = [event.id for event in map(_event, rows) if event.time_s < before_s]
        if expired:
            await self._client.call(0, b"ZREMRANGEBYSCORE", events, b"-inf", b"%d" % expired[-1])

    async def _gather(self) -> None:
        await asyncio.gather(*(self._gather_from(each) for each in range(self._keys.count)))

    async def _gather_from(self, partition: int) -> None:
        keys = (self._keys.raised(partition), self._keys.taken(partition))
        run = self._client.run
        while True:
            taken, *events = await run(partition, scripts.TAKE_EVENTS.start(keys, 0))
            if not events:
                return
            arguments = (b"%d" % partition, b"%d" % taken, *events)
            admit = scripts.ADMIT_EVENTS.start(self._keys.events, len(arguments))
            now_taken = await run(0, admit + b"".join(map(argument, arguments)))
            drop = scripts.DROP_EVENTS.start(keys, 1)
            await run(partition, drop + argument(b"%d" % now_taken))


def _event(row: bytes) -> Event:
    number, kind, time_s, service, application, *rest = _unpack(row)
    alert = None
    if kind == ALERT:
        level, metric, period, value, maximum, alert_id = rest
        alert = Alert(
            int(alert_id),
            int(level),
            str(metric),
            NAME_BY_PERIOD[int(period) - 1],
            int(value),
            int(maximum),
        )
    return Event(int(number), kind, int(time_s), str(service), str(application), alert)  # type: ignore[arg-type]
