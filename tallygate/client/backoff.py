"""How long to wait after failures: ever longer, and never the same for two who failed together."""

import random
import time
from typing import Final

FIRST_S: Final = 0.5


class BackOff:
    """Of one place.

    Attributes:
        until_s: When the next try is due (monotonic).
    """

    def __init__(self, longest_s: float = 60.0) -> None:
        self._longest_s = longest_s
        self._failures = 0
        self.until_s = 0.0

    def failed(self, at_least_s: float = 0.0) -> None:
        """Full jitter over a span that doubles with each failure."""
        self._failures += 1
        span_s = min(self._longest_s, FIRST_S * 2 ** min(self._failures - 1, 10))
        wait_s = random.uniform(FIRST_S / 2, span_s)  # noqa: S311 (nobody gains by guessing it)
        self.until_s = time.monotonic() + max(wait_s, min(at_least_s, self._longest_s))
