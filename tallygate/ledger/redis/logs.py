"""The logs on Redis as the historian follows them: one stream for each partition, named by its number.

A position is a stream's id as one number: milliseconds of Redis' clock, and the place within them. Ids of a stream only grow, also
over a fail-over and a clock that is set back. So a stream that has lost its end goes on with ids that nobody has read.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from redis.exceptions import ResponseError

from tallygate.domain.errors import InputError
from tallygate.ledger.entry import FORGET, Entry, decode_records
from tallygate.ledger.logs import Chunk, Positions
from tallygate.ledger.redis.keys import Keys
from tallygate.redis.errors import RedisAway
from tallygate.redis.partitions import Partitions
from tallygate.redis.sync import Client, Error, connect
from tallygate.redis.url import RedisUrl

_PLACE_BITS: Final = 20
_ITEMS_AT_ONCE: Final = 2_000


class RedisLogs:
    """Reads the streams; `ledger.logs` says what it promises."""

    def __init__(self, url: RedisUrl, partitions: Callable[[], Partitions]) -> None:
        """Nothing is connected, and `partitions` not asked for, before the first question."""
        self._url = url
        self._partitions = partitions
        self._known_keys: Keys | None = None
        self._connected: Client | None = None

    def begin(self) -> Positions:
        return {name: first for name, (first, _) in self._spans().items()}

    def end(self) -> Positions:
        return {name: last for name, (_, last) in self._spans().items()}

    def read(self, after: Positions, until: Positions, limit: int) -> Chunk:
        """Whole items of a stream: what was counted in one step is not taken apart."""
        ends, entries = dict(after), list[Entry]()
        for name, last in until.items():
            position = after.get(name, 0)
            if position >= last:
                continue
            for end, more in self._items(name, position, last):
                forgets = more[0].code == FORGET
                if forgets and entries:
                    return Chunk(ends, entries)
                ends[name] = end
                entries += more
                if forgets or len(entries) >= limit:
                    return Chunk(ends, entries)
            ends[name] = last
        return Chunk(ends, entries)

    def consumed(self, positions: Positions) -> None:
        """What lies up to there leaves the streams."""
        with self._pipeline() as pipeline:
            for partition in range(self._keys.count):
                position = positions.get(str(partition))
                if position is not None:
                    log = self._keys.log(partition)
                    pipeline.execute_command("XTRIM", log, "MINID", "=", _id(position + 1))
            self._run(pipeline)

    def close(self) -> None:
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    def _items(self, name: str, after: int, until: int) -> Iterator[tuple[int, list[Entry]]]:
        """Where each item ends, and its entries."""
        log = self._keys.log(int(name))
        while after < until:
            items = self._ask(log, _id(after + 1), _id(until))
            for item_id, fields in items:
                after = _position(item_id)
                yield after, list(decode_records(fields[b"e"]))
            if len(items) < _ITEMS_AT_ONCE:
                return

    def _ask(self, log: bytes, first: str, last: str) -> list[Any]:
        try:
            return list(self._client().xrange(log, first, last, _ITEMS_AT_ONCE))
        except Error as error:
            raise self._away(error) from error

    def _spans(self) -> dict[str, tuple[int, int]]:
        """By log, the position before its first item, and that of the last one that ever was."""
        with self._pipeline() as pipeline:
            for partition in range(self._keys.count):
                pipeline.xinfo_stream(self._keys.log(partition))
            answers = self._run(pipeline)
        return {str(number): _span(answer) for number, answer in enumerate(answers)}

    @property
    def _keys(self) -> Keys:
        if self._known_keys is None:
            try:
                self._known_keys = Keys(self._partitions())
            except InputError as error:
                raise RedisAway(str(error)) from error
        return self._known_keys

    def _pipeline(self) -> Any:
        try:
            return self._client().pipeline(transaction=False)
        except Error as error:
            raise self._away(error) from error

    def _run(self, pipeline: Any) -> list[Any]:
        """The answers; a stream that is not there yet is answered with an error."""
        try:
            answers = pipeline.execute(raise_on_error=False)
        except Error as error:
            raise self._away(error) from error
        for answer in answers:
            if isinstance(answer, Exception) and not _is_missing(answer):
                raise self._away(answer)
        return list(answers)

    def _client(self) -> Client:
        if self._connected is None:
            self._connected = connect(self._url)
        return self._connected

    def _away(self, error: Exception) -> RedisAway:
        return RedisAway(f"the log on Redis cannot be read: {error}")


def _is_missing(error: Exception) -> bool:
    return isinstance(error, ResponseError) and "no such key" in str(error)


def _span(answer: Any) -> tuple[int, int]:
    if isinstance(answer, Exception):
        return 0, 0
    last = _position(answer["last-generated-id"])
    first = answer["first-entry"]
    return (_position(first[0]) - 1 if first else last), last


def _position(item_id: bytes) -> int:
    milliseconds, _, place = item_id.partition(b"-")
    return int(milliseconds) << _PLACE_BITS | int(place)


def _id(position: int) -> str:
    return f"{position >> _PLACE_BITS}-{position & ((1 << _PLACE_BITS) - 1)}"
