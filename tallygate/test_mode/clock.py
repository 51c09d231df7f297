"""A clock that shows the time, or whatever it was set to."""

from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import InputError

MAX_S = 253_370_764_800
"""The year 9999, which has no next one for its periods to end in."""


class SettableClock:
    """Set, it stands still. It may be set to any time from 1970 on, also back."""

    def __init__(self) -> None:
        self._running = SystemClock()
        self._set_us: int | None = None

    def set(self, seconds: int, microseconds: int) -> None:
        """UTC since 1970. Raises InputError: there is no such time."""
        if not (0 <= seconds < MAX_S and 0 <= microseconds < 1_000_000):
            raise InputError("a time is [seconds, microseconds] since 1970, before the year 9999")
        self._set_us = seconds * 1_000_000 + microseconds

    def go_on(self) -> None:
        """Shows the time again."""
        self._set_us = None

    def now_ms(self) -> int:
        return self._running.now_ms() if self._set_us is None else self._set_us // 1_000

    def now_s(self) -> int:
        return self.now_ms() // 1_000
