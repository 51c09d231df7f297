"""When: the window that is asked for, and what it is compared with.

    last=30d                              the newest 30 days, of which the last is today
    since=2026-03-01&until=2026-03-31     both days included
    since=2026-03-01T09:00&until=...      from a time on until before another; `until` is now if left out

A window is rounded outwards to whole buckets, and told in the answer as it was answered.
"""

import re
from dataclasses import dataclass
from datetime import date

from tallygate.analytics.parameters import Parameters
from tallygate.domain import calendar
from tallygate.domain.calendar import Granularity, Window, Zone, find_zone, parse_instant
from tallygate.domain.errors import QuestionError
from tallygate.history import Compare

NAMES = ("since", "until", "last", "granularity", "timezone", "compare")
AUTO, TOTAL = "auto", "total"
GRANULARITIES = (
    AUTO, TOTAL, *(each.value for each in Granularity if each is not Granularity.ETERNITY),
)  # fmt: skip
COMPARISONS: tuple[Compare, ...] = ("previous", "year")
DEFAULT_LAST = "30d"

_DAY_S = 86_400
_LAST = re.compile(r"([1-9][0-9]{0,3})(min|h|d|w|mo|y)", re.ASCII)
_UNITS = {
    "min": (Granularity.MINUTE, 9_999),
    "h": (Granularity.HOUR, 9_600),
    "d": (Granularity.DAY, 9_000),
    "w": (Granularity.WEEK, 5_000),
    "mo": (Granularity.MONTH, 1_200),
    "y": (Granularity.YEAR, 100),
}
"""How a unit is written, and how many of it may be asked for."""
_AUTOMATIC = ((8 * _DAY_S, Granularity.HOUR), (120 * _DAY_S, Granularity.DAY))
_BY_MINUTE_S = 3 * 3600
"""Up to so long a window is by minute, if all of it is of the last day: minutes are not kept for ever."""
_WHOLE = (Granularity.MONTH, Granularity.DAY, Granularity.HOUR)


@dataclass(frozen=True, slots=True)
class Frame:
    """A window and how it is shown.

    Attributes:
        window: The buckets that are asked for.
        is_total: Whether they are shown as one.
        compare: What the window is compared with; None: nothing.
    """

    window: Window
    is_total: bool = False
    compare: Compare | None = None

    @property
    def granularity(self) -> str:
        """As it is asked for."""
        return TOTAL if self.is_total else self.window.granularity.value

    @property
    def previous(self) -> Window | None:
        """What the window is compared with."""
        if self.compare is None:
            return None
        window = self.window
        return window.previous() if self.compare == "previous" else window.year_before()


@dataclass(frozen=True, slots=True)
class _Span:
    """From `since_s` on until before `end_s`; `unit`: of what it is a whole number, if it was asked for so."""

    since_s: int
    end_s: int
    unit: Granularity | None = None


def read(
    given: Parameters,
    time_zone: str,
    now_s: int,
    *,
    by_minute: bool = True,
    granularity: Granularity | None = None,
) -> Frame:
    """The frame that the parameters ask for; by default the last 30 days.

    Args:
        time_zone: The zone unless another is asked for.
        granularity: Instead of the one that is asked for.
        by_minute: Whether what is asked for is kept by minute.

    Raises:
        QuestionError: They make no sense; the message says why.
    """
    zone = find_zone(given.one("timezone") or time_zone)
    asked = given.choice("granularity", GRANULARITIES) or AUTO
    span = _span(given, zone, now_s)
    by_minute = by_minute and span.since_s > now_s - _DAY_S
    if granularity is None:
        granularity = _granularity(asked, zone, span, by_minute)
    window = _window(zone, span, granularity, now_s)
    compare = given.choice("compare", COMPARISONS)
    return Frame(window, asked == TOTAL, next((c for c in COMPARISONS if c == compare), None))


def _granularity(asked: str, zone: Zone, span: _Span, by_minute: bool) -> Granularity:
    if asked == TOTAL:
        return _whole(zone, span, by_minute)
    if asked == AUTO:
        return automatic(span.end_s - span.since_s, by_minute=by_minute)
    return Granularity(asked)


def automatic(span_s: int, *, by_minute: bool = False) -> Granularity:
    """The granularity that suits a window so long.

    Args:
        by_minute: Whether minutes are kept of it.
    """
    if by_minute and span_s <= _BY_MINUTE_S:
        return Granularity.MINUTE
    for longest_s, granularity in _AUTOMATIC:
        if span_s <= longest_s:
            return granularity
    return Granularity.MONTH


def _span(given: Parameters, zone: Zone, now_s: int) -> _Span:
    since, until, count = given.one("since"), given.one("until"), given.one("last")
    if count is not None and (since or until):
        raise QuestionError("last cannot stand beside since or until")
    if since is None:
        if until is not None:
            raise QuestionError("until needs since")
        return _newest(count or DEFAULT_LAST, zone, now_s)
    begin = parse_instant(since, zone)
    end = now_s + 1 if until is None else _end_s(until, zone)
    if end <= begin:
        raise QuestionError("until must be after since")
    return _Span(begin, end)


def _newest(text: str, zone: Zone, now_s: int) -> _Span:
    match = _LAST.fullmatch(text)
    if match is None:
        units = ", ".join(_UNITS)
        raise QuestionError(f"last must be a number followed by one of {units}, not {text}")
    count, (unit, most) = int(match[1]), _UNITS[match[2]]
    if count > most:
        raise QuestionError(f"last must be at most {most}{match[2]}, not {text}")
    whole = calendar.last(zone, now_s, count, unit)
    return _Span(whole.since_s, now_s + 1, unit)


def _end_s(text: str, zone: Zone) -> int:
    """A day without a time is meant as a whole."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return parse_instant(text, zone)
    return calendar.next_s(zone, Granularity.DAY, parse_instant(text, zone))


def _whole(zone: Zone, span: _Span, by_minute: bool) -> Granularity:
    """The longest buckets that begin and end with the span."""
    if span.unit is not None:
        return span.unit
    ends = (span.since_s, span.end_s)
    for granularity in _WHOLE:
        if all(calendar.floor_s(zone, granularity, end) == end for end in ends):
            return granularity
    return automatic(0, by_minute=by_minute)


def _window(zone: Zone, span: _Span, granularity: Granularity, now_s: int) -> Window:
    return calendar.window(
        zone,
        now_s,
        since=zone.iso(span.since_s),
        until=zone.iso(span.end_s - 1),
        granularity=granularity,
    )
