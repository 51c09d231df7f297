"""What names an application on Redis: in its counters, among the ids, and in the log.

The value of an id is two digests in hexadecimal: of what was counted under it, and of whose it is. Ids that an earlier version has
written have the first one only; they are nobody's.
"""

from collections.abc import AsyncIterator
from typing import Final

from tallygate.ledger.digests import content_of, owner_of
from tallygate.ledger.entry import Entry, decode_records
from tallygate.ledger.redis.keys import Keys
from tallygate.ledger.redis.scripts import FORGET_APPLICATION
from tallygate.redis.client import RedisClient, argument

_AT_ONCE: Final = 1_000


def id_value(entry: Entry) -> str:
    """What is kept under the entry's id."""
    return content_of(entry).hex() + owner_of(entry.service, entry.application).hex()


class Traces:
    """Finds and removes them. Every method raises RedisAway."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def forget(self, service: str, application: str, recorded: bytes) -> None:
        """Removes counters and ids; `recorded` goes to the log."""
        keys, partition = self._keys, self._keys.partition(service)
        head = FORGET_APPLICATION.start(
            (keys.counters(service, application), keys.log(partition), keys.applications(service)),
            2,
        )
        command = head + argument(recorded) + argument(application.encode())
        await self._client.run(partition, command)
        async for found in self._ids_of(service, application):
            if found:
                await self._client.call(partition, b"UNLINK", *found)

    async def count(self, service: str, application: str) -> dict[str, int]:
        """By place, how much of it there is."""
        keys, partition = self._keys, self._keys.partition(service)
        name, call = application.encode(), self._client.call
        fields = await call(partition, b"HKEYS", keys.counters(service, application))
        counted = await call(partition, b"SISMEMBER", keys.applications(service), name)
        return {
            "counters": sum(1 for field in fields if field) or int(counted),
            "events": fields.count(b""),
            "ids": sum([len(found) async for found in self._ids_of(service, application)]),
            "log": sum([found async for found in self._logged(service, application)]),
        }

    async def _ids_of(self, service: str, application: str) -> AsyncIterator[list[bytes]]:
        """The application's ids, some at a time. All keys of a server are looked through: nothing lists an application's."""
        partition, owner = (
            self._keys.partition(service),
            owner_of(service, application).hex().encode(),
        )
        pattern, cursor = self._keys.ids(partition) + b"*", b"0"
        while True:
            cursor, names = await self._client.call(
                partition, b"SCAN", cursor, b"MATCH", pattern, b"COUNT", b"%d" % _AT_ONCE
            )
            if names:
                values = await self._client.call(partition, b"MGET", *names)
                yield [
                    name
                    for name, value in zip(names, values, strict=True)
                    if value is not None and value.endswith(owner)
                ]
            if cursor == b"0":
                return

    async def _logged(self, service: str, application: str) -> AsyncIterator[int]:
        """How many entries of the log name it, some items at a time."""
        log, name = self._keys.log(self._keys.partition(service)), application.encode()
        first = b"-"
        while True:
            items = await self._client.call(
                self._keys.partition(service),
                b"XRANGE",
                log,
                first,
                b"+",
                b"COUNT",
                b"%d" % _AT_ONCE,
            )
            for _, (_, payload) in items:
                if name in payload:
                    yield sum(
                        (each.service, each.application) == (service, application)
                        for each in decode_records(payload)
                    )
            if len(items) < _AT_ONCE:
                return
            first = b"(" + items[-1][0]
