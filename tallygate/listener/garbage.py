"""Python's collector of cyclic garbage, kept from holding up calls.

What the listener keeps (prepared calls, counters) holds no cycles, and lives long. Left alone, the collector looks at all of it again and
again: with a million applications it takes a third of a second each time. So it looks at each object once, while it is young; what
survives is taken out of its sight. What may have become cyclic garbage behind its back is looked for when nobody calls.
"""

import asyncio
import gc
import time
from typing import Final

_YOUNG: Final = 10_000
"""So many new objects are looked at in one go: some three milliseconds."""

_NEVER: Final = 1_000_000_000
_FREEZE_EACH_S: Final = 0.2
_LOOK_AT_ALL_EACH_S: Final = 3_600.0
_QUIET_S: Final = 5.0
_QUIET_SHARE: Final = 0.02
"""As long as the process takes less of a processor, hardly anybody calls."""


class Collecting:
    """How garbage is collected while the listener serves, in `loop`'s thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._worked_s = time.process_time()
        self._quiet_since_s = self._looked_s = time.monotonic()
        self._before = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(_YOUNG, _NEVER, _NEVER)
        self._timer = loop.call_later(_FREEZE_EACH_S, self._tick)

    def close(self) -> None:
        """As it was before."""
        self._timer.cancel()
        gc.set_threshold(*self._before)

    def _tick(self) -> None:
        if gc.get_count()[1]:  # the young were looked at since the last time
            gc.freeze()
        self._look_at_all_if_quiet(time.monotonic())
        self._timer = self._loop.call_later(_FREEZE_EACH_S, self._tick)

    def _look_at_all_if_quiet(self, now_s: float) -> None:
        worked_s = time.process_time()
        if worked_s - self._worked_s > _QUIET_SHARE * (now_s - self._quiet_since_s):
            self._worked_s, self._quiet_since_s = worked_s, now_s
        elif (
            now_s - self._quiet_since_s >= _QUIET_S
            and now_s - self._looked_s >= _LOOK_AT_ALL_EACH_S
        ):
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._looked_s = now_s
