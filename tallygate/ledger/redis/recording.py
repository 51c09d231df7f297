"""Entries on their way to `record.lua`: from a list of entries to one command, and from its answer to what became of them."""

from collections.abc import Awaitable, Generator, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from tallygate.domain.errors import IdConflict, UsageValueInvalid
from tallygate.domain.limits import Epoch, epoch_at
from tallygate.ledger.contract import Stale
from tallygate.ledger.digests import key_of
from tallygate.ledger.entry import Entry, encode_body, record
from tallygate.ledger.redis import scripts
from tallygate.ledger.redis.call import EXACT, RedisCall
from tallygate.ledger.redis.keys import Keys
from tallygate.ledger.redis.span import span
from tallygate.ledger.redis.traces import id_value
from tallygate.redis.client import argument
from tallygate.redis.connection import Answer

_pack: Final = msgspec.msgpack.Encoder().encode

K = TypeVar("K")


class Recorded:
    """What became of the entries, by their index; known when `batch` was awaited."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self.batch: Awaitable[None] = _Nothing()
        self.accepted: list[int] = []
        self.duplicates: list[int] = []
        self.conflicts: list[tuple[int, IdConflict]] = []

    def settle(self, answer: Answer) -> None:
        """Takes over what the script said.

        Raises:
            Stale: The registry has changed: nothing was counted.
            UsageValueInvalid: A number would be too large: nothing was counted.
        """
        status, *lists = answer
        if status == scripts.STALE:
            raise Stale
        if status == scripts.TOO_LARGE:
            raise too_large(self._entries)
        duplicates, conflicts = lists
        self.duplicates = [place - 1 for place in duplicates]
        self.conflicts = [
            (place - 1, IdConflict(self._entries[place - 1].id)) for place in conflicts
        ]
        refused = {*self.duplicates, *(index for index, _ in self.conflicts)}
        self.accepted = [index for index in range(len(self._entries)) if index not in refused]


class _Nothing:
    """Awaits nothing: there was nothing to write."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


def too_large(entries: Iterable[Entry]) -> UsageValueInvalid:
    """Of the largest number among them."""
    pairs = [pair for entry in entries for pair in (*entry.usage, *entry.sets)]
    metric, number = max(pairs, key=lambda pair: pair[1])
    return UsageValueInvalid(metric, str(number))


class Recording:
    """The command that counts entries of one service."""

    def __init__(self, keys: Keys, entries: Sequence[Entry], watched: Iterable[RedisCall]) -> None:
        """Raises UsageValueInvalid: a number is larger than the scripts can count exactly."""
        self._keys = keys
        self._entries = entries
        self.service = entries[0].service
        self.partition = keys.partition(self.service)
        self._applications: dict[str, int] = {}
        self._spans: dict[Epoch, int] = {}
        self._ids: dict[bytes, int] = {}
        self._records: list[bytes] = []
        described = [self._describe(entry) for entry in entries]
        self._description = _pack(
            [
                self.service,
                list(self._applications),
                len(self._spans),
                described,
                [self._watch(call) for call in watched if call.application in self._applications],
            ]
        )

    def command(self, revision: bytes, now: Epoch, now_s: int, expires_s: int) -> bytes:
        """Packed. `expires_s`: when the ids may be forgotten, UTC seconds; 0 = never."""
        keys, service = self._keys, self.service
        all_keys = [
            keys.revision(self.partition),
            keys.log(self.partition),
            keys.raised(self.partition),
            keys.applications(service),
            *(keys.counters(service, application) for application in self._applications),
            *(keys.id(service, digest) for digest in self._ids),
        ]
        arguments = [
            self._description,
            revision,
            span(now),
            b"%d" % now_s,
            b"%d" % expires_s,
            *map(span, self._spans),
            *self._records,
        ]
        head = scripts.RECORD.start(all_keys, len(arguments))
        return head + b"".join(map(argument, arguments))

    def _describe(self, entry: Entry) -> list[object]:
        """See `record.lua`."""
        if any(number > EXACT for _, number in (*entry.usage, *entry.sets)):
            raise too_large([entry])
        at = epoch_at(entry.time_ms // 1000)
        set_metrics = {metric for metric, _ in entry.sets}
        adds = [pair for pair in entry.usage if pair[0] not in set_metrics]
        by_itself = not entry.sets and not entry.id
        self._records.append(record(entry.time_ms, encode_body(entry)) if by_itself else b"")
        id_place = 0
        if entry.id:
            id_place = _place(self._ids, key_of(entry.service, entry.id))
        return [
            _place(self._applications, entry.application),
            _place(self._spans, at),
            [part for pair in adds for part in pair],
            [part for pair in entry.sets for part in pair],
            entry.code,
            entry.time_ms,
            id_place,
            entry.id,
            id_value(entry) if entry.id else "",
        ]

    def _watch(self, call: RedisCall) -> list[object]:
        limits = [
            (limit.metric, limit.period + 1, min(limit.maximum, EXACT)) for limit in call.limits
        ]
        return [self._applications[call.application], limits, call.levels]


def _place(places: dict[K, int], name: K) -> int:
    """From 1, as Lua counts."""
    return places.setdefault(name, len(places) + 1)
