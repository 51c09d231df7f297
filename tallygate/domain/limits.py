"""The periods of limits: UTC calendar periods, as the protocol defines them."""

import datetime
from functools import lru_cache
from typing import Final

MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, ETERNITY = range(7)
"""Periods by their place in `Epoch.starts_s`, the shortest first; eternity has no start."""

PERIOD_BY_NAME: Final = {
    "minute": MINUTE,
    "hour": HOUR,
    "day": DAY,
    "week": WEEK,
    "month": MONTH,
    "year": YEAR,
    "eternity": ETERNITY,
}
NAME_BY_PERIOD: Final = {number: name for name, number in PERIOD_BY_NAME.items()}

_MONDAY_S: Final = 4 * 86_400  # 1970-01-05 was a Monday


class Epoch:
    """One minute of UTC, with the starts of all periods that contain it.

    Attributes:
        starts_s: UTC seconds of the starts of minute, hour, day, week (Monday), month and year.
        end_ms: The first millisecond after this minute.
    """

    __slots__ = ("end_ms", "starts_s")

    def __init__(self, at_s: int) -> None:
        day = at_s - at_s % 86_400
        date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day // 86_400)
        self.starts_s: Final = (
            at_s - at_s % 60,
            at_s - at_s % 3_600,
            day,
            day - (day - _MONDAY_S) % (7 * 86_400),
            _utc_s(date.replace(day=1)),
            _utc_s(date.replace(day=1, month=1)),
        )
        self.end_ms: Final = (self.starts_s[MINUTE] + 60) * 1000

    def end_s(self, period: int) -> int:
        """The start of the next period: UTC seconds. Raises ValueError for eternity."""
        start = self.starts_s[period] if period < ETERNITY else 0
        if period <= WEEK:
            return start + (60, 3_600, 86_400, 7 * 86_400)[period]
        date = datetime.date(1970, 1, 1) + datetime.timedelta(days=start // 86_400)
        if period == MONTH:
            return _utc_s((date + datetime.timedelta(days=31)).replace(day=1))
        if period == YEAR:
            return _utc_s(date.replace(year=date.year + 1))
        raise ValueError("eternity does not end")


@lru_cache(maxsize=4096)
def _epoch(minute_s: int) -> Epoch:
    return Epoch(minute_s)


def epoch_at(at_s: int) -> Epoch:
    """The epoch of the minute that contains `at_s` (UTC seconds); shared by all who ask."""
    return _epoch(at_s - at_s % 60)


def _utc_s(date: datetime.date) -> int:
    return (date - datetime.date(1970, 1, 1)).days * 86_400
