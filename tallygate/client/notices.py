"""Lines of the log about what keeps happening: each kind at most once a minute."""

import logging
import time
from collections import defaultdict
from typing import Final

log = logging.getLogger("tallygate")

EVERY_S: Final = 60.0


class Notices:
    """Remembers what was said when."""

    def __init__(self) -> None:
        self._again_s: dict[str, float] = {}
        self._left_out: dict[str, int] = defaultdict(int)

    def warn(self, kind: str, message: str) -> None:
        """Says it, unless something of the same kind was said within the last minute."""
        now_s = time.monotonic()
        if now_s < self._again_s.get(kind, 0.0):
            self._left_out[kind] += 1
            return
        self._again_s[kind] = now_s + EVERY_S
        left_out = self._left_out.pop(kind, 0)
        log.warning("%s%s", message, f" ({left_out} more of these were not said)" * bool(left_out))

    def over(self, kind: str, message: str) -> None:
        """Says that what was warned of has ended, if it was."""
        if self._again_s.pop(kind, None) is not None:
            self._left_out.pop(kind, None)
            log.warning("%s", message)
