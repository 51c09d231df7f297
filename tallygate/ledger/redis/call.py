"""A call as the shared ledger keeps it: the command of its script, worked out but for the time."""

from collections.abc import Sequence
from typing import Final

import msgspec

from tallygate.domain.errors import UsageValueInvalid
from tallygate.ledger.contract import Verdict
from tallygate.ledger.entry import Entry, encode_body
from tallygate.ledger.redis.keys import Keys
from tallygate.ledger.redis.scripts import CALL
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.redis.client import argument

EXACT: Final = 2**53
"""Up to here the scripts' numbers are exact."""

_pack: Final = msgspec.msgpack.Encoder().encode

ANY_REVISION: Final = b"*"


class RedisCall:
    """A prepared call.

    Attributes:
        body: The record's bytes without its time; empty if nothing is counted, or if something is set.
        counts: Whether it counts anything.
        last: What the ledger said last, for when it cannot be asked.
    """

    __slots__ = (
        "_described", "_keys", "_revision", "application", "body", "code", "counts", "last", "levels", "limits",
        "partition", "plain_head", "service", "usage",
    )  # fmt: skip

    def __init__(
        self,
        keys: Keys,
        revision: bytes,
        service: str,
        application: str,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int,
        levels: Sequence[int],
    ) -> None:
        """Raises UsageValueInvalid: a number is larger than the scripts can count exactly."""
        self.service = service
        self.application = application
        self.limits = tuple(limits)
        self.usage = given = usage or Usage()
        self.code = code
        self.levels = tuple(levels)
        self.partition = keys.partition(service)
        self.last: Verdict | None = None
        adds = tuple(pair for pair in given.adds if pair[1])
        self.counts = bool(adds or given.sets)
        simple = bool(adds) and not given.sets
        self.body = encode_body(Entry(service, application, 0, adds, code)) if simple else b""
        self._revision = revision
        self._keys = (
            keys.revision(self.partition),
            keys.counters(service, application),
            keys.log(self.partition),
            keys.raised(self.partition),
            keys.applications(service),
        )
        self._described = _pack(self._description(usage is None))
        self.plain_head = self.head(0)

    def head(self, more: int, id_key: bytes = b"") -> bytes:
        """The packed command up to its second argument; `more` arguments beyond the fifth follow."""
        keys = (*self._keys, id_key) if id_key else self._keys
        start = CALL.start(keys, 5 + more)
        return start + argument(self._described) + argument(self._revision)

    def _description(self, names_none: bool) -> list[object]:
        """See `call.lua`."""
        given = self.usage
        for metric, number in (*given.adds, *given.sets):
            if number > EXACT:
                raise UsageValueInvalid(metric, str(number))
        metrics = [metric for metric, _ in (*given.adds, *given.sets)]
        names = list(dict.fromkeys((*metrics, *(limit.metric for limit in self.limits))))
        place = {name: number for number, name in enumerate(names, start=1)}
        return [
            self.service,
            self.application,
            names,
            [
                (place[each.metric], each.period + 1, min(each.maximum, EXACT))
                for each in self.limits
            ],
            [(place[metric], delta) for metric, delta in given.adds],
            [(place[metric], value) for metric, value in given.sets],
            self.levels,
            names_none,
            self.code,
        ]
