"""When reports are due: after each day, week or month of a zone, at a clock reading in it.

A report is about one whole calendar period; weeks begin on Monday. It is due when the clocks of the zone
first show the wanted reading after the period's end: where they skip it, as soon as they are past it; where they
show it twice, the first time. So each period has one report, on days of 23, 24 and 25 hours alike; a day that
the clocks skip has none.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple

from tallygate.domain.calendar import Granularity, floor_s, next_s
from tallygate.domain.zone import Zone

Period = Literal["day", "week", "month"]

PERIODS: tuple[Period, ...] = ("day", "week", "month")
LAST_MONTHDAY = 28
"""Every month has it."""

_GRANULARITY = {
    "day": Granularity.DAY,
    "week": Granularity.WEEK,
    "month": Granularity.MONTH,
}


class Schedule(NamedTuple):
    """
    Attributes:
        hour, minute: The clock reading.
        weekday: Of a weekly report: 0 = Monday; the reading is that of this day in the week after.
        monthday: Of a monthly report: from 1 to LAST_MONTHDAY, in the month after.
    """

    period: Period
    zone: Zone
    hour: int = 8
    minute: int = 0
    weekday: int = 0
    monthday: int = 1


class Due(NamedTuple):
    """A report that is to come.

    Attributes:
        at_s: From when on.
        since_s, until_s: The period that it is about begins with the one and ends before the other.
        first_day: The period's first day, as the zone's calendar names it: no other period has it.
    """

    at_s: int
    since_s: int
    until_s: int
    first_day: date


def period_of(schedule: Schedule, instant_s: int) -> Due:
    """The report about the period that holds the instant."""
    since_s = floor_s(schedule.zone, _GRANULARITY[schedule.period], instant_s)
    until_s = next_s(schedule.zone, _GRANULARITY[schedule.period], since_s)
    return Due(_at_s(schedule, until_s), since_s, until_s, schedule.zone.local(since_s).date())


def due(schedule: Schedule, after_s: int, until_s: int) -> Iterator[Due]:
    """The reports that become due in (after_s, until_s], the oldest first."""
    found = _back_to(schedule, after_s)
    while found.at_s <= until_s:
        if found.at_s > after_s:
            yield found
        found = period_of(schedule, found.until_s)


def next_due(schedule: Schedule, after_s: int) -> Due:
    """The first report that becomes due after the instant."""
    found = _back_to(schedule, after_s)
    while found.at_s <= after_s:
        found = period_of(schedule, found.until_s)
    return found


def _back_to(schedule: Schedule, instant_s: int) -> Due:
    """A report that was due at the instant or before, close to it."""
    found = period_of(schedule, instant_s)
    while found.at_s > instant_s:
        found = period_of(schedule, found.since_s - 1)
    return found


def _at_s(schedule: Schedule, end_s: int) -> int:
    """When a report about the period that ends before `end_s` is due."""
    # Where clocks skip midnight the next day begins later than at 0:00; it is still that day.
    reading = schedule.zone.local(end_s).replace(
        hour=schedule.hour, minute=schedule.minute, second=0
    )
    days = {"day": 0, "week": schedule.weekday, "month": schedule.monthday - 1}
    return schedule.zone.first_instant_s(reading + timedelta(days=days[schedule.period]))
