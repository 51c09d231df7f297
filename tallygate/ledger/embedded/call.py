"""What a call asks of the ledger, worked out once and kept."""

from collections.abc import Sequence

from tallygate.domain.limits import Epoch
from tallygate.ledger.embedded.counters import BASES, EPOCH, ApplicationCounters, Counter, roll
from tallygate.ledger.entry import Entry, encode_body
from tallygate.ledger.usage import LimitOn, Usage


class Call:
    """A prepared check of one application: which limits apply, what is counted.

    It holds on to the application's counters; the ledger says (`Ledger.generation`) when such references have become void.

    Attributes:
        limits: All limits of the application's plan, in the protocol's order.
        checks: (counter, place of the base, highest value before this call that lets it pass).
        levels: Percentages of utilization at which an alert is raised.
        hopeless: A set asks for more than its limit allows.
        body: The record's bytes without its time; empty if nothing is counted, or if something is set.
    """

    __slots__ = (
        "adds", "application", "body", "checks", "code", "counters", "epoch", "hopeless", "levels", "limits",
        "shown", "usage",
    )  # fmt: skip

    def __init__(
        self,
        application: ApplicationCounters,
        epoch: Epoch,
        limits: Sequence[LimitOn],
        usage: Usage | None,
        code: int = 0,
        levels: Sequence[int] = (),
    ) -> None:
        """`usage` None means that the call names none: then all limits are checked as they stand."""
        self.application = application
        self.limits = tuple(limits)
        self.code = code
        self.levels = tuple(levels)
        self.usage = given = usage or Usage()
        deltas, values = dict(given.adds), dict(given.sets)
        held = {
            metric: application.counter(metric, epoch)
            for metric in (*deltas, *values, *(limit.metric for limit in limits))
        }
        self.counters: tuple[Counter, ...] = tuple(held.values())
        self.adds = tuple((held[metric], delta) for metric, delta in given.adds if delta)
        self.shown = tuple((held[limit.metric], BASES + limit.period) for limit in limits)
        self.checks = tuple(
            (held[limit.metric], BASES + limit.period, limit.maximum - deltas.get(limit.metric, 0))
            for limit in limits
            if usage is None or limit.metric in deltas
        )
        self.hopeless = any(
            values[limit.metric] > limit.maximum for limit in limits if limit.metric in values
        )
        self.epoch = epoch
        self.body = encode_body(self.entry(0)) if self.adds and not given.sets else b""

    def entry(self, time_ms: int, entry_id: str = "") -> Entry:
        """What the call counts, at `time_ms` (UTC milliseconds)."""
        who = self.application
        adds = tuple((metric, delta) for metric, delta in self.usage.adds if delta)
        return Entry(
            who.service, who.application, time_ms, adds, self.code, self.usage.sets, entry_id
        )

    def roll(self, epoch: Epoch) -> None:
        """Brings all counters of this call to a later epoch."""
        for counter in self.counters:
            if counter[EPOCH] is not epoch:
                roll(counter, epoch)
        self.epoch = epoch

    def values(self) -> tuple[int, ...]:
        """The current value of each of `limits`."""
        return tuple([counter[1] - counter[base] for counter, base in self.shown])
