"""How the buckets of a window are called: in full, and as the ticks of an axis."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from tallygate.console.wording import day, instant
from tallygate.domain.calendar import Granularity, Window

_NAMES = {Granularity.SIX_HOURS: "six hours"}
_STEPS_OF_TIMES = ((900, 1), (2 * 3600, 10), (6 * 3600, 30), (13 * 3600, 60), (50 * 3600, 180))
"""Up to so many seconds of a window -> minutes from one time on its axis to the next."""
_FEW_DAYS = 62


def bucket_name(window: Window) -> str:
    """'hour', 'day', ..."""
    return _NAMES.get(window.granularity, window.granularity.value)


def labels(window: Window) -> list[str]:
    """Each bucket's start in the window's zone; a start that the clocks show twice names its offset."""
    starts = [window.zone.at(start_s) for start_s in window.starts_s]
    plain = [_label(window.granularity, moment) for moment in starts]
    often = Counter(plain)  # an hour comes twice when the clocks go back
    return [
        f"{label} {moment:%Z}" if often[label] > 1 else label
        for label, moment in zip(plain, starts, strict=True)
    ]


def ticks(window: Window) -> list[str]:
    """For each bucket what stands under it on the axis; '' for nothing."""
    starts = [window.zone.at(start_s) for start_s in window.starts_s]
    if window.granularity in (Granularity.DAY, Granularity.WEEK):
        return list(_day_ticks(starts, window.granularity))
    if window.granularity in (Granularity.MONTH, Granularity.YEAR):
        return [
            f"{moment:%Y}" if _new_year(window, moment) else f"{moment:%b}" for moment in starts
        ]
    return list(_clock_ticks(starts))


def span(window: Window) -> str:
    """From the first to the last moment: '17 May 2015 to 20 May 2015'."""
    first, last = window.zone.at(window.since_s), window.zone.at(window.last_s)
    if window.granularity in (Granularity.MINUTE, Granularity.HOUR, Granularity.SIX_HOURS):
        return f"{instant(first)} to {instant(last)}"
    return f"{day(first)} to {day(last)}"


def _label(granularity: Granularity, moment: datetime) -> str:
    if granularity is Granularity.YEAR:
        return f"{moment:%Y}"
    if granularity is Granularity.MONTH:
        return f"{moment:%B %Y}"
    if granularity in (Granularity.DAY, Granularity.WEEK):
        return f"{moment:%a} {day(moment)}"
    return f"{moment:%a} {instant(moment)}"


def _clock_ticks(starts: list[datetime]) -> Iterator[str]:
    """Days at midnight; in short windows also times of day."""
    step = _step_of_times(starts)
    before = None
    for moment in starts:
        minute = moment.hour * 60 + moment.minute
        if before is not None and moment.date() != before:
            yield f"{moment.day} {moment:%b}"
        elif step and minute % step == 0:
            yield f"{moment:%H:%M}"
        else:
            yield ""
        before = moment.date()


def _step_of_times(starts: list[datetime]) -> int:
    """Minutes from one time of day on the axis to the next; 0 where there is room for days only."""
    span_s = (starts[-1] - starts[0]).total_seconds()
    for longest_s, minutes in _STEPS_OF_TIMES:
        if span_s < longest_s:
            return minutes
    return 0


def _day_ticks(starts: list[datetime], granularity: Granularity) -> Iterator[str]:
    few = len(starts) <= _FEW_DAYS
    before = None
    for moment in starts:
        if few or (moment.day <= 7 and granularity is Granularity.WEEK) or moment.day == 1:
            new_year = before is not None and moment.year != before
            yield f"{moment.day} {moment:%b %Y}" if new_year else f"{moment.day} {moment:%b}"
            before = moment.year
        else:
            yield ""


def _new_year(window: Window, moment: datetime) -> bool:
    return window.granularity is Granularity.YEAR or moment.month == 1
