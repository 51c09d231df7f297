"""What a call asks of the ledger: what it counts, and within which limits."""

from typing import NamedTuple


class LimitOn(NamedTuple):
    """At most `maximum` of a metric in a period (a number of `domain.limits`)."""

    metric: str
    period: int
    maximum: int


class Usage(NamedTuple):
    """Effective usage: what is counted after roll-up to the ancestors. A metric stands in one of the two only.

    Attributes:
        adds: (metric id, delta), delta >= 0.
        sets: (metric id, value): the counter is to become this.
    """

    adds: tuple[tuple[str, int], ...] = ()
    sets: tuple[tuple[str, int], ...] = ()
