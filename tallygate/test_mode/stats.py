"""What was counted in any period, as of any time: the log, replayed into the counters that limits are checked with.

The value of a service as a whole is the sum over its applications. There is none where nothing was counted in the period, or where a
metric was set to nought since.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tallygate.domain.limits import ETERNITY, NAME_BY_PERIOD, Epoch, epoch_at
from tallygate.ledger.embedded.counters import ApplicationCounters
from tallygate.ledger.embedded.resident import apply
from tallygate.ledger.entry import FORGET, Entry


class Asked(NamedTuple):
    """Of what a value is asked.

    Attributes:
        application: '' = of all of the service's.
        period: A number of `domain.limits`.
        at: In the period that contains this minute.
    """

    service: str
    application: str
    period: int
    at: Epoch

    def contains(self, entry: Entry) -> bool:
        """Whether the entry happened in the period."""
        if self.period == ETERNITY:
            return True
        at = epoch_at(entry.time_ms // 1000)
        return at.starts_s[self.period] == self.at.starts_s[self.period]


def metric_value(entries: Iterable[Entry], asked: Asked, metric: str) -> int | None:
    """What was counted of a metric, by its id."""
    counters: dict[str, ApplicationCounters] = {}
    there: set[str] = set()
    for entry in entries:
        if entry.service != asked.service:
            continue
        if entry.code == FORGET:
            counters.clear()
            there.clear()
            continue
        name = entry.application
        application = counters.setdefault(name, ApplicationCounters(entry.service, name))
        apply(application, entry, asked.at)
        if metric in dict(entry.usage) and asked.contains(entry):
            (there.discard if dict(entry.sets).get(metric) == 0 else there.add)(name)
    wanted = there & {asked.application} if asked.application else there
    if not wanted:
        return None
    period = NAME_BY_PERIOD[asked.period]
    return sum(counters[name].values(metric, asked.at)[period] for name in wanted)


def code_value(entries: Iterable[Entry], asked: Asked, codes: range) -> int | None:
    """How many transactions had one of these response codes."""
    found = 0
    for entry in entries:
        if entry.service != asked.service:
            continue
        if entry.code == FORGET:
            found = 0
        elif asked.application in ("", entry.application) and entry.code in codes:
            found += asked.contains(entry)
    return found or None
