"""Windows of time: (period | since, until, granularity, zone) turned into UTC instants.

The only place that knows days, weeks (from Monday), months and daylight saving. A window is a row
of buckets that touch: bucket i is the instants in [edges_s[i], edges_s[i + 1]). Buckets of six
hours or longer begin when the clocks first show their local start, so that days have 23, 24 or 25
hours; a day that the clocks skip is no bucket. Buckets of an hour follow the zone's own hours (at
:30 or :45 UTC where its offset says so); the hour in which the clocks jump by less than an hour is
cut at the jump.

The rules of the window (rounding outwards, defaults, caps and messages) are the Analytics API's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from tallygate.domain.errors import QuestionError
from tallygate.domain.granularity import Granularity, later, local_floor, local_next
from tallygate.domain.zone import Zone, find_zone, zone_ids

__all__ = [
    "PERIODS", "Granularity", "Window", "Zone", "find_zone", "last", "parse_instant", "period_of",
    "window", "zone_ids",
]  # fmt: skip

FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Years outside are no valid dates: no usage is there, and calendars end."""


PERIODS = ("eternity", "year", "month", "week", "day")
"""What a window may be asked for by, in the order in which the message names them."""

_BY_PERIOD = {
    "year": Granularity.MONTH,
    "month": Granularity.DAY,
    "week": Granularity.SIX_HOURS,
    "day": Granularity.HOUR,
}
_SPACED_OFFSET = re.compile(r"(:\d\d(?:\.\d+)?) ([+-]?)(\d\d:?\d\d)$")
_GRID_S = {Granularity.MINUTE: 60, Granularity.HOUR: 3600}
_LONGEST = {
    Granularity.MINUTE: ("day", 7, "7 days"),
    Granularity.HOUR: ("day", 400, "400 days"),
    Granularity.SIX_HOURS: ("year", 6, "6 years"),
    Granularity.DAY: ("year", 25, "25 years"),
    Granularity.WEEK: ("year", 100, "100 years"),
    Granularity.MONTH: ("year", 100, "100 years"),
    Granularity.YEAR: ("year", 100, "100 years"),
}
"""What a window may span: about 10,000 buckets, which are no more work than one; and months and years enough for all."""


@dataclass(frozen=True, slots=True)
class Window:
    """A row of buckets. All instants are UTC seconds.

    Attributes:
        edges_s: Strictly increasing; one more than there are buckets. A single edge: no bucket.
        last_s: The last second of the window, as it is shown to people.
        period: The period it was asked for by, if it was.
    """

    zone: Zone
    granularity: Granularity
    edges_s: tuple[int, ...]
    last_s: int
    period: str | None = None

    @property
    def since_s(self) -> int:
        """The window's first second."""
        return self.edges_s[0]

    @property
    def starts_s(self) -> tuple[int, ...]:
        """Where each bucket begins."""
        return self.edges_s[:-1]

    def __len__(self) -> int:
        return len(self.edges_s) - 1

    def previous(self) -> "Window | None":
        """As many buckets just before this window; None for eternity, which has no before."""
        if self.granularity is Granularity.ETERNITY:
            return None
        edges = _edges_before(self.zone, self.granularity, self.since_s, len(self))
        return Window(self.zone, self.granularity, edges, self.since_s - 1)

    def year_before(self) -> "Window | None":
        """As many buckets from the same clock reading a year before; None for eternity.

        From 29 February it is 28 February. So a window over all of February is compared with as many days.
        """
        if self.granularity is Granularity.ETERNITY:
            return None
        begin = self.zone.instant_s(later(self.zone.local(self.since_s), "year", -1))
        first = floor_s(self.zone, self.granularity, begin)
        edges = _edges_from(self.zone, self.granularity, first, len(self))
        return Window(self.zone, self.granularity, edges, edges[-1] - 1)


def window(
    zone: Zone,
    now_s: int,
    *,
    period: str | None = None,
    since: str | None = None,
    until: str | None = None,
    granularity: Granularity | None = None,
) -> Window:
    """The window that a question asks for.

    With a period: one period from `since` (by default the one that ends now), by the period's own
    granularity unless another is given; `until` does not matter. Without: from `since` to `until`,
    both included. Either is then rounded outwards to whole buckets. Eternity is one bucket, for
    everything up to the end of today (UTC).

    Args:
        since: A date or a time as `parse_instant` reads it.

    Raises:
        QuestionError: The question makes no sense; the message says why.
    """
    if period is not None and period not in PERIODS:
        raise _unknown_period(period, PERIODS)
    if period == "eternity":
        return _eternity(zone, now_s, granularity)
    if granularity is Granularity.ETERNITY:
        raise QuestionError("Granularity 'eternity' is only supported for period 'eternity'")
    if period is not None:
        begin, end = _period(zone, now_s, period, since)
        return _rounded(zone, granularity or _BY_PERIOD[period], begin, end, period)
    if since is None or until is None or granularity is None:
        raise QuestionError("You need to specify either 'range' or 'since' and 'until'")
    return _rounded(zone, granularity, parse_instant(since, zone), parse_instant(until, zone), None)


def period_of(zone: Zone, period: str, instant_s: int) -> Window:
    """The calendar's year, month, week or day that holds an instant, as one bucket.

    Raises:
        QuestionError: There is no such period.
    """
    if period not in _BY_PERIOD:
        raise _unknown_period(period, PERIODS[1:])
    granularity = Granularity(period)
    edges = floor_s(zone, granularity, instant_s), next_s(zone, granularity, instant_s)
    return Window(zone, granularity, edges, edges[1] - 1, period)


def running(period: str, now_s: int) -> Window:
    """The period of a limit that now is in, as one bucket: limits have the periods of the UTC calendar.

    Args:
        period: As limits name it: from 'minute' to 'year', or 'eternity'.
    """
    utc = find_zone("UTC")
    if period == "eternity":
        return _eternity(utc, now_s, None)
    return last(utc, now_s, 1, Granularity(period))


def last(zone: Zone, now_s: int, count: int, granularity: Granularity) -> Window:
    """The newest `count` buckets, of which the last holds `now_s`: last 24 hours, last 30 days."""
    begin = floor_s(zone, granularity, now_s)
    end = next_s(zone, granularity, now_s)
    edges = (*_edges_before(zone, granularity, begin, count - 1), end)
    return Window(zone, granularity, edges, end - 1)


def parse_instant(text: str, zone: Zone) -> int:
    """UTC seconds of a date (`2020-03-18`), a time (`2020-03-18 10:20:30`) or ISO 8601.

    What names no offset is a clock reading in `zone`.

    Raises:
        QuestionError: It is none of these.
    """
    return _read(text, zone)[0]


def floor_s(zone: Zone, granularity: Granularity, instant_s: int) -> int:
    """Where the bucket that holds `instant_s` begins."""
    if granularity in _GRID_S:
        return _grid_floor(zone, _GRID_S[granularity], instant_s)
    local = local_floor(granularity, zone.local(instant_s))
    following = zone.first_instant_s(local_next(granularity, local))
    # When clocks go back over midnight, the evening comes again in the day that has begun.
    return following if following <= instant_s else zone.first_instant_s(local)


def next_s(zone: Zone, granularity: Granularity, instant_s: int) -> int:
    """Where the bucket after the one that holds `instant_s` begins."""
    if granularity in _GRID_S:
        return _grid_next(zone, _GRID_S[granularity], instant_s)
    local = local_floor(granularity, zone.local(instant_s))
    while True:
        local = local_next(granularity, local)
        following = zone.first_instant_s(local)
        if following > instant_s:
            return following


def _unknown_period(period: str, known: Sequence[str]) -> QuestionError:
    names = ", ".join(f'"{name}"' for name in known)
    return QuestionError(f'Period must be one of [{names}] not "{period}"')


def _eternity(zone: Zone, now_s: int, granularity: Granularity | None) -> Window:
    if granularity not in (None, Granularity.ETERNITY):
        raise QuestionError("Only 'eternity' granularity is supported for period 'eternity'")
    end = (now_s // 86_400 + 1) * 86_400
    return Window(zone, Granularity.ETERNITY, (0, end), end - 1, "eternity")


def _period(zone: Zone, now_s: int, period: str, since: str | None) -> tuple[int, int]:
    if since is None:
        local = later(zone.local(now_s), period, -1)
        begin = zone.instant_s(local)
    else:
        begin, local = _read(since, zone)
    end = zone.instant_s(later(local, period, 1)) - 1
    return begin, end // 60 * 60 + 59


def _rounded(
    zone: Zone, granularity: Granularity, begin_s: int, end_s: int, period: str | None
) -> Window:
    """Of all buckets from the one that holds `begin_s` to the one that holds `end_s`."""
    begin, end = floor_s(zone, granularity, begin_s), next_s(zone, granularity, end_s)
    if not _is_short_enough(zone, granularity, begin, end):
        span = _LONGEST[granularity][2]
        others = [each.value for each in _LONGEST if _is_short_enough(zone, each, begin, end)]
        would_do = f"{_listed(others)} would do" if others else "no granularity would do"
        raise QuestionError(f"Time range for the granularity must be less than {span}; {would_do}")
    return Window(zone, granularity, _edges(zone, granularity, begin, end), end - 1, period)


# Pages ask for the same window again and again, and 10,000 hours of a zone take a tenth of a second.
@lru_cache(maxsize=32)
def _edges(zone: Zone, granularity: Granularity, begin_s: int, end_s: int) -> tuple[int, ...]:
    """Of the buckets from one edge to another."""
    edges = [begin_s]
    while edges[-1] < end_s:
        edges.append(next_s(zone, granularity, edges[-1]))
    assert all(before < after for before, after in pairwise(edges))
    return tuple(edges)


@lru_cache(maxsize=32)
def _edges_before(zone: Zone, granularity: Granularity, end_s: int, count: int) -> tuple[int, ...]:
    """Of as many buckets as end at an edge."""
    edges = [end_s]
    while len(edges) <= count:
        edges.append(floor_s(zone, granularity, edges[-1] - 1))
    return tuple(reversed(edges))


@lru_cache(maxsize=32)
def _edges_from(zone: Zone, granularity: Granularity, begin_s: int, count: int) -> tuple[int, ...]:
    """Of as many buckets as begin at an edge."""
    edges = [begin_s]
    while len(edges) <= count:
        edges.append(next_s(zone, granularity, edges[-1]))
    return tuple(edges)


def _is_short_enough(zone: Zone, granularity: Granularity, begin_s: int, end_s: int) -> bool:
    """With one bucket more than the span: that is how much rounding adds to a window that is not aligned."""
    unit, count, _ = _LONGEST[granularity]
    return end_s <= next_s(
        zone, granularity, zone.instant_s(later(zone.local(begin_s), unit, count))
    )


def _listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _grid_floor(zone: Zone, step_s: int, instant_s: int) -> int:
    offset = zone.offset_s(instant_s)
    start = instant_s - (instant_s + offset) % step_s
    if (zone.offset_s(start) - offset) % step_s:
        return zone.change_s(start, instant_s)
    return start


def _grid_next(zone: Zone, step_s: int, instant_s: int) -> int:
    offset = zone.offset_s(instant_s)
    end = instant_s - (instant_s + offset) % step_s + step_s
    if (zone.offset_s(end) - offset) % step_s:
        return zone.change_s(instant_s, end)
    return end


def _read(text: str, zone: Zone) -> tuple[int, datetime]:
    """The instant that a text names, and what the zone's clocks show then or should have shown."""
    try:
        moment = datetime.fromisoformat(_plain_offset(text)).replace(microsecond=0)
    except ValueError:
        raise _invalid_date() from None
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise _invalid_date()
    if moment.tzinfo is None:
        return zone.instant_s(moment), moment
    instant_s = int(moment.timestamp())
    return instant_s, zone.local(instant_s)


def _plain_offset(text: str) -> str:
    """As ISO 8601: Ruby's `... 00:00:00 +0100` and `... UTC`, and a `+` that came as a space."""
    text = re.sub(r" UTC$", "Z", text.strip())
    return _SPACED_OFFSET.sub(lambda parts: f"{parts[1]}{parts[2] or '+'}{parts[3]}", text)


def _invalid_date() -> QuestionError:
    return QuestionError("Date parameters should have valid date/time format.")
