"""Continuing a series.

Seasons are taken out by LOESS (MSTL), the rest is continued by exponential smoothing whose form is chosen by its
information criterion (AutoETS), and the seasons are put back; both are the library's (augurs). The band is as wide as the
method's own errors were: the series is forecast from its earlier part, and the band holds `LEVEL` of what then came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LEVEL = 0.9
"""So much of what comes lies within the band, if things go on as they did."""

LONGEST = 24 * 7 * 12
"""So many of the last values are looked at: older habits say little."""


class Seasons(NamedTuple):
    """
    Attributes:
        lengths: In buckets, the shortest first.
        step: What a bucket is called.
    """

    lengths: tuple[int, ...]
    step: str


DAILY = Seasons((7,), "day")
HOURLY = Seasons((24, 168), "hour")


@dataclass(frozen=True, slots=True)
class Forecast:
    """One value for each bucket that is to come; none is below zero."""

    values: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]

    @property
    def peak(self) -> int:
        """The bucket with most."""
        return max(range(len(self.values)), key=self.values.__getitem__)


def forecast(values: Sequence[int], ahead: int, seasons: Seasons) -> Forecast | None:
    """The next buckets of a series; None where too little is known: less than three of the shortest season.

    What comes before the first value above zero is left out: nobody was there yet.
    """
    series = _begun(values)
    known = [length for length in seasons.lengths if len(series) >= 3 * length]
    if not known or ahead < 1:
        return None
    points = _continued(series, ahead, known)
    below, above = _errors(series, known)
    return Forecast(
        tuple(float(each) for each in points),
        tuple(float(max(each - below, 0.0)) for each in points),
        tuple(float(each + above) for each in points),
    )


def _begun(values: Sequence[int]) -> np.ndarray:
    series = np.asarray(values[-LONGEST:], dtype=np.float64)
    used = np.flatnonzero(series)
    return series[used[0] :] if len(used) else series[:0]


def _continued(series: np.ndarray, ahead: int, lengths: Sequence[int]) -> np.ndarray:
    """Without a band. What cannot be fitted (a constant, say) repeats its last season."""
    import augurs  # loads compiled code: only who forecasts pays for it

    repeated = np.resize(series[-lengths[-1] :], ahead)
    if np.ptp(series) == 0:
        return repeated
    try:
        model = augurs.MSTL.ets(list(lengths))
        model.fit(series)
        points = np.asarray(model.predict(ahead, level=None).point(), dtype=np.float64)
    except (ValueError, RuntimeError):
        return repeated
    return np.maximum(points, 0.0) if np.isfinite(points).all() else repeated


def _errors(series: np.ndarray, lengths: Sequence[int]) -> tuple[float, float]:
    """How far the last seasons lay below and above a forecast of them, but for the rarest values."""
    held = lengths[0] * min(4, max(len(series) // lengths[0] - 3, 0))
    if not held:
        spread = float(np.std(series))
        return spread * 1.65, spread * 1.65
    earlier = series[:-held]
    fitting = [length for length in lengths if len(earlier) >= 3 * length]
    errors = series[-held:] - _continued(earlier, held, fitting)
    tail = (1 - LEVEL) / 2
    below, above = np.quantile(errors, [tail, 1 - tail])
    return float(max(-below, 0.0)), float(max(above, 0.0))
