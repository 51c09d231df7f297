"""The time, as something that is handed to whoever asks for it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time. UTC, never local."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...

    def now_s(self) -> int:
        """Whole seconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def now_s(self) -> int:
        return time.time_ns() // 1_000_000_000


class ManualClock:
    """A clock that stands still until it is set or moved: for tests and test mode."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    @classmethod
    def at(cls, now_s: float) -> "ManualClock":
        """A clock that shows `now_s` seconds since the epoch."""
        return cls(round(now_s * 1000))

    def now_ms(self) -> int:
        return self._now_ms

    def now_s(self) -> int:
        return self._now_ms // 1000

    def set(self, now_ms: int) -> None:
        """Shows `now_ms` from now on; may go back."""
        self._now_ms = now_ms

    def advance(self, seconds: float) -> None:
        """Moves by `seconds`, which may be negative."""
        self._now_ms += round(seconds * 1000)
