"""Events: what whoever runs the services wants to hear of, raised by what is counted.

first_traffic        an application's first traffic ever
first_daily_traffic  its first on this UTC day
alert                its utilization has reached a level that was asked for, and did not within the last day
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal

import msgspec

from tallygate.domain.limits import NAME_BY_PERIOD
from tallygate.ledger.usage import LimitOn

FIRST_TRAFFIC: Final = "first_traffic"
FIRST_DAILY_TRAFFIC: Final = "first_daily_traffic"
ALERT: Final = "alert"

Kind = Literal["first_traffic", "first_daily_traffic", "alert"]

ALERT_AGAIN_AFTER_S: Final = 86_400
"""A level that was alerted is silent for so long, whatever the metric."""


NOTICE_EVERY_S: Final = 60
"""Whoever fetches events is told of them so often at most, by all processes together."""


class Alert(msgspec.Struct, frozen=True):
    """The limit that is used most of all of an application's.

    Attributes:
        id: From a sequence of alerts alone.
        level: The level that was reached, in percent.
        metric, period: Of the limit: the metric's id, the period's name.
    """

    id: int
    level: int
    metric: str
    period: str
    value: int
    maximum: int


class Event(msgspec.Struct, frozen=True):
    """Something that happened.

    Attributes:
        id: From one sequence, ascending.
        time_s: When it was noticed, UTC seconds.
    """

    id: int
    kind: Kind
    time_s: int
    service: str
    application: str
    alert: Alert | None = None


class Reached(msgspec.Struct, frozen=True):
    """Levels that an application has reached, the highest first, and by which limit."""

    levels: tuple[int, ...]
    limit: LimitOn
    value: int

    @property
    def period(self) -> str:
        """The period's name."""
        return NAME_BY_PERIOD[self.limit.period]


def reached(
    levels: Collection[int], limits: Sequence[LimitOn], values: Sequence[int]
) -> Reached | None:
    """Which of the levels an application has reached, by the limit that is used most; None if none.

    Limits of nought do not count: nothing can be used of them. Of two that are used alike the first one counts.
    """
    best, best_value = None, 0
    for limit, value in zip(limits, values, strict=True):
        if limit.maximum and (best is None or value * best.maximum > best_value * limit.maximum):
            best, best_value = limit, value
    if best is None:
        return None
    found = [level for level in levels if 0 < level * best.maximum <= best_value * 100]
    return Reached(tuple(sorted(found, reverse=True)), best, best_value) if found else None
