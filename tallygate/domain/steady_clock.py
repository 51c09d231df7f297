"""A look at the clock that does not believe in jumps at once.

Whoever does something once, at its time, cannot take it back when the clock turns out to have been wrong. So after
a jump, forward or back, one waits until the clock has gone steadily for a while.
"""

import time
from collections.abc import Callable

from tallygate.domain.clock import Clock

JUMP_S = 120.0
"""So far the clock may be from where it should be: what a server that keeps time does to it is less."""

SETTLED_AFTER_S = 600.0


def elapsed_s() -> float:
    """Seconds that have really passed since some instant, suspended time included where the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class SteadyClock:
    """Belongs to one thread."""

    def __init__(self, clock: Clock, elapsed: Callable[[], float] = elapsed_s) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._ahead_s: float | None = None
        self._jumped_at_s: float | None = None

    def now_s(self) -> int | None:
        """UTC seconds; None while it is not known whether the clock is right."""
        now_s, elapsed_s = self._clock.now_s(), self._elapsed()
        ahead_s = now_s - elapsed_s
        if self._ahead_s is not None and abs(ahead_s - self._ahead_s) > JUMP_S:
            self._jumped_at_s = elapsed_s
        self._ahead_s = ahead_s
        if self._jumped_at_s is not None and elapsed_s - self._jumped_at_s < SETTLED_AFTER_S:
            return None
        self._jumped_at_s = None
        return now_s
