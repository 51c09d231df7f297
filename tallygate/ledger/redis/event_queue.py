"""Events on Redis: the scripts put them into their partition; here they get their ids, from one sequence of the installation.

Each of the three steps may be repeated, by anybody at once, without harm: looking, giving ids (each event once), removing.
"""

import asyncio
from typing import Final

import msgspec

from tallygate.domain.limits import NAME_BY_PERIOD
from tallygate.ledger.events import ALERT, Alert, Event
from tallygate.ledger.redis import scripts
from tallygate.ledger.redis.keys import Keys
from tallygate.redis.client import RedisClient, argument

_unpack: Final = msgspec.msgpack.Decoder(list[str | int]).decode


class EventQueue:
    """All events of the installation."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def all(self) -> list[Event]:
        """In the order of their ids. Raises RedisAway."""
        await self._gather()
        rows = await self._client.call(0, b"ZRANGE", self._keys.events[0], b"0", b"-1")
        return [_event(row) for row in rows]

    async def delete(self, first: int, last: int) -> int:
        """Deletes the events with these ids, both ends included; returns how many there were. Raises RedisAway."""
        await self._gather()
        events = self._keys.events[0]
        return int(
            await self._client.call(0, b"ZREMRANGEBYSCORE", events, b"%d" % first, b"%d" % last)
        )

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
