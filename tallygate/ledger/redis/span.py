"""A moment as the scripts need it: the starts and ends of the UTC periods that contain it."""

import struct
from typing import Final

from tallygate.domain.limits import ETERNITY, Epoch

_DOUBLES: Final = struct.Struct(f"<{2 * ETERNITY}d")
_KEPT: Final = 4096

_known: dict[Epoch, bytes] = {}


def span(epoch: Epoch) -> bytes:
    """The starts of minute, hour, day, week, month and year, then their ends: UTC seconds as doubles."""
    found = _known.get(epoch)
    if found is None:
        if len(_known) >= _KEPT:
            _known.clear()
        ends = (epoch.end_s(period) for period in range(ETERNITY))
        found = _known[epoch] = _DOUBLES.pack(*epoch.starts_s, *ends)
    return found
