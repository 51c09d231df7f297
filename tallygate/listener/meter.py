"""Counting answers, as cheaply as it can be done: plain numbers, which `metrics` makes text of when it is asked."""

from bisect import bisect_left
from collections import defaultdict
from typing import Final

BOUNDS_S: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.25, 0.5, 0.75, 1.0,
)  # fmt: skip
"""The reference's, and three below: most answers take less than its first."""


class Meter:
    """The answers to one type of request.

    Attributes:
        statuses: How many answers by HTTP status.
        buckets: How many answers took up to each of BOUNDS_S, and longer.
        total_s: What all took together.
    """

    __slots__ = ("buckets", "statuses", "total_s")

    def __init__(self) -> None:
        self.statuses: defaultdict[int, int] = defaultdict(int)
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self.total_s = 0.0

    def count(self, status: int, took_s: float) -> None:
        """Counts an answer, and the seconds from the request's coming in to its leaving."""
        self.statuses[status] += 1
        self.buckets[bisect_left(BOUNDS_S, took_s)] += 1
        self.total_s += took_s
