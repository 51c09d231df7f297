"""How much is counted on a day of the week, or in an hour of the day: averages over the times it came up in a window.

A bucket that has not ended is left out: half a Friday would make Fridays look quiet.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from tallygate.domain.calendar import Granularity, Window

HOUR_S = 3600


class Average(NamedTuple):
    """Of one day of the week, or of one hour of the day.

    Attributes:
        total: What was counted in it in all.
        occurrences: How often it came up. An hour that the clocks cut short is a part of one; one that they repeat is two.
    """

    total: int
    occurrences: float

    @property
    def value(self) -> float | None:
        """None if it did not come up."""
        return self.total / self.occurrences if self.occurrences else None


def by_weekday(window: Window, values: Sequence[int], complete_until_s: int) -> list[Average]:
    """Monday to Sunday, by the clocks of the window's zone.

    Args:
        window: By day.
        values: One for each of its buckets.

    Raises:
        ValueError: The window is by something else.
    """
    _must_be(window, Granularity.DAY)
    return _averages(window, values, complete_until_s, 7, lambda local: local.weekday())


def by_hour(window: Window, values: Sequence[int], complete_until_s: int) -> list[Average]:
    """From midnight to 23 o'clock, by the clocks of the window's zone.

    Args:
        window: By hour.
        values: One for each of its buckets.

    Raises:
        ValueError: The window is by something else.
    """
    _must_be(window, Granularity.HOUR)
    return _averages(window, values, complete_until_s, 24, lambda local: local.hour)


def _must_be(window: Window, granularity: Granularity) -> None:
    if window.granularity is not granularity:
        raise ValueError(f"these averages are made of a window by {granularity.value}")


def _averages(
    window: Window,
    values: Sequence[int],
    complete_until_s: int,
    count: int,
    place_of: Callable[[datetime], int],
) -> list[Average]:
    totals, occurrences = [0] * count, [0.0] * count
    for (begin, end), value in zip(pairwise(window.edges_s), values, strict=True):
        if end <= complete_until_s:
            place = place_of(window.zone.local(begin))
            totals[place] += value
            whole = window.granularity is not Granularity.HOUR
            occurrences[place] += 1 if whole else (end - begin) / HOUR_S
    return [Average(*each) for each in zip(totals, occurrences, strict=True)]
