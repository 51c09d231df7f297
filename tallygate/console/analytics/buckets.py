"""How the buckets of a window are called: in full, and as the ticks of an axis."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from tallygate.console.wording import day, instant
from tallygate.domain.calendar import Granularity, Window

_NAMES = {Granularity.SIX_HOURS: "six hours"}
_FEW_HOURS = 49
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
    """Days at midnight; in short windows also every third hour."""
    few = len(starts) <= _FEW_HOURS
    before = None
    for moment in starts:
        if before is not None and moment.date() != before:
            yield f"{moment.day} {moment:%b}"
        elif few and moment.hour % 3 == 0 and moment.minute == 0:
            yield f"{moment:%H:%M}"
        else:
            yield ""
        before = moment.date()


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
