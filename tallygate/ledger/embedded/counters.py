"""Limit counters: one running total per application and metric, and where it stood when each period began.

The value in a period is the difference of the two, so that one addition counts for all seven periods, whatever limits
exist now or are added later. A counter is a plain list, because it is touched several times in every call:

    [epoch it was last rolled to, total, bases by period (minute .. year), 0 (eternity's base), credits or None]

A *base* is the total at the beginning of the period that contains the epoch. A *credit* is what was reported ahead of its time:
it is in the total at once, and begins to count in a period when that period begins.
"""

from typing import Any, Final

import msgspec

from tallygate.domain.limits import ETERNITY, NAME_BY_PERIOD, YEAR, Epoch, epoch_at
from tallygate.ledger.entry import portable

EPOCH, TOTAL, BASES, CREDITS = 0, 1, 2, 9
"""Places in a counter. The base of period p is at `BASES + p`."""

Counter = list[Any]
"""See the module's text; a list for speed."""

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(
    list[tuple[str, int, str | int, list[str | int], list[tuple[int, int, str | int]]]]
).decode


def new_counter(epoch: Epoch) -> Counter:
    """A counter at zero."""
    return [epoch, 0, 0, 0, 0, 0, 0, 0, 0, None]


def roll(counter: Counter, epoch: Epoch) -> None:
    """Brings a counter to a later epoch: periods that have ended begin anew.

    An earlier epoch changes nothing: after a start with a clock that is behind, limits go on with the latest periods they knew.
    """
    before = counter[EPOCH].starts_s
    if epoch.starts_s[0] <= before[0]:
        return
    credits = counter[CREDITS]
    for period, start in enumerate(epoch.starts_s):
        if before[period] != start:
            ahead = credits.get((period, start), 0) if credits else 0
            counter[BASES + period] = counter[TOTAL] - ahead
    counter[EPOCH] = epoch
    if credits:
        later = {key: ahead for key, ahead in credits.items() if key[1] > epoch.starts_s[key[0]]}
        counter[CREDITS] = later or None


def add_at(counter: Counter, delta: int, at: Epoch) -> None:
    """Counts in the minute `at`, which may lie before or after the counter's epoch.

    A period of the past that is over no longer matters to limits; one that is still running gets its share.
    """
    counter[TOTAL] += delta
    now = counter[EPOCH].starts_s
    for period, start in enumerate(at.starts_s):
        if start == now[period]:
            continue
        counter[BASES + period] += delta
        if start > now[period]:
            credits = counter[CREDITS] = counter[CREDITS] or {}
            credits[(period, start)] = credits.get((period, start), 0) + delta


def set_at(counter: Counter, wanted: int, at: Epoch) -> int:
    """Sets the value to `wanted` in every period that contains the minute `at`; returns by how much the total changed.

    Other running periods keep their value; one that lies ahead begins with `wanted`.
    """
    change = int(wanted - counter[TOTAL])
    counter[TOTAL] = wanted
    now = counter[EPOCH].starts_s
    for period, start in enumerate(at.starts_s):
        if start == now[period]:
            counter[BASES + period] = 0
            continue
        counter[BASES + period] += change
        if start > now[period]:
            credits = counter[CREDITS] = counter[CREDITS] or {}
            credits[(period, start)] = wanted
    return change


def value(counter: Counter, period: int) -> int:
    """The value in the period that contains the counter's epoch."""
    return int(counter[TOTAL] - counter[BASES + period])


class ApplicationCounters:
    """The counters of one application, by metric id."""

    __slots__ = (
        "alerted", "application", "by_metric", "position", "service", "touched", "traffic_day_s",
    )  # fmt: skip

    def __init__(self, service: str, application: str) -> None:
        self.service = service
        self.application = application
        self.by_metric: dict[str, Counter] = {}
        self.position = 0
        """The log position up to which the counters were read from disk; what is replayed begins behind it."""
        self.touched = True
        """Whether it was asked for since the last checkpoint."""
        self.traffic_day_s = -1
        """The first second of the UTC day on which its last traffic was noticed; -1: it had none yet."""
        self.alerted: dict[int, int] = {}
        """Until when (UTC seconds) a level of utilization raises no other alert."""

    def counter(self, metric: str, epoch: Epoch) -> Counter:
        """The metric's counter, rolled to `epoch`; made if it is missing."""
        found = self.by_metric.get(metric)
        if found is None:
            found = self.by_metric[metric] = new_counter(epoch)
        elif found[EPOCH] is not epoch:
            roll(found, epoch)
        return found

    def pack(self) -> bytes:
        """All counters as MessagePack: (metric, minute of the epoch, total, bases, credits) each."""
        return _pack(
            [
                (
                    metric,
                    counter[EPOCH].starts_s[0],
                    portable(counter[TOTAL]),
                    [portable(base) for base in counter[BASES : BASES + YEAR + 1]],
                    [(*key, portable(ahead)) for key, ahead in (counter[CREDITS] or {}).items()],
                )
                for metric, counter in self.by_metric.items()
            ]
        )

    def unpack(self, data: bytes) -> None:
        """Takes over what `pack` gave. Counters that exist are changed in place: prepared calls hold on to them."""
        for metric, minute_s, total, bases, credits in _unpack(data):
            ahead = {(period, start): int(value) for period, start, value in credits} or None
            held = self.by_metric.setdefault(metric, [])
            held[:] = [epoch_at(minute_s), int(total), *map(int, bases), 0, ahead]

    def values(self, metric: str, epoch: Epoch) -> dict[str, int]:
        """The metric's value in each period of `epoch`, by period name."""
        counter = self.counter(metric, epoch)
        return {NAME_BY_PERIOD[period]: value(counter, period) for period in range(ETERNITY + 1)}
