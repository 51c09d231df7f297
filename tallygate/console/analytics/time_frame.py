"""The time frame of a page, as its URL tells it: `?frame=30d`, `?since=2015-05-17&until=2015-05-20&per=hour`, `?minutes=15`.

Beside it `timezone` names another zone than the provider's, and `compare` what the window is compared with.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from tallygate.domain import calendar
from tallygate.domain.calendar import Granularity, Window, Zone
from tallygate.domain.errors import QuestionError
from tallygate.history import Compare

CUSTOM, MINUTES = "custom", "minutes"
NAMES = (
    "frame", "since", "since_time", "until", "until_time", "minutes", "per", "timezone", "compare",
)  # fmt: skip
"""All parameters that are about time."""
MOST_MINUTES = 1440
_DEFAULT_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Preset:
    """'Show last ...': `count` whole units, of which the last holds the present.

    Attributes:
        unit: What is counted.
        per: The granularity unless another is asked for.
    """

    name: str
    label: str
    count: int
    unit: Granularity
    per: Granularity


PRESETS = (
    Preset("24h", "24 hours", 24, Granularity.HOUR, Granularity.HOUR),
    Preset("7d", "7 days", 7, Granularity.DAY, Granularity.HOUR),
    Preset("30d", "30 days", 30, Granularity.DAY, Granularity.DAY),
    Preset("12m", "12 months", 12, Granularity.MONTH, Granularity.MONTH),
)
_BY_NAME = {preset.name: preset for preset in PRESETS}
FRAMES = (*_BY_NAME, MINUTES, CUSTOM)
PER = (
    Granularity.MINUTE, Granularity.HOUR, Granularity.DAY, Granularity.WEEK, Granularity.MONTH,
)  # fmt: skip
COMPARISONS = {"": "Time before", "year": "A year earlier", "none": "Nothing"}
"""As the URL names them -> as people call them."""
_DATE_LENGTH = len("2015-05-17")
_AUTOMATIC_S = ((8 * 86_400, Granularity.HOUR), (120 * 86_400, Granularity.DAY))
_BY_MINUTE_S, _BY_MINUTE_SINCE_S = 3 * 3600, 30 * 86_400
"""Short windows are by minute, unless so long ago that minutes may no longer be kept."""
_DAY_STARTS, _DAY_ENDS = "00:00", "23:59"


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """A window under the name by which it was asked for.

    Attributes:
        name: A preset's, 'minutes' or 'custom'.
        compare: What the window is compared with; None: nothing.
    """

    name: str
    window: Window
    compare: Compare | None = "previous"

    @property
    def before(self) -> str:
        """What the window is compared with, in words: '30 days before', 'year before'."""
        if self.compare == "year":
            return "year before"
        if self.name == MINUTES:
            return f"{len(self.window)} minutes before"
        preset = _BY_NAME.get(self.name)
        return f"{preset.label} before" if preset else "time before"

    @property
    def before_title(self) -> str:
        """The same as a heading."""
        return self.before[0].upper() + self.before[1:]


@dataclass(frozen=True, slots=True)
class Fields:
    """What the form shows: the choices as they came in, also where they make no sense together.

    Attributes:
        since_time, until_time: '' for whole days.
    """

    name: str
    since: str
    since_time: str
    until: str
    until_time: str
    minutes: str
    per: str
    timezone: str
    compare: str


def read(
    query: Mapping[str, str],
    zone: Zone,
    now_s: int,
    *,
    default: str = PRESETS[0].name,
    fixed: Granularity | None = None,
) -> TimeFrame:
    """The frame that a query string asks for.

    Args:
        zone: Of the provider, unless the query names another.
        default: The frame unless one is asked for.
        fixed: The granularity of a page on which it cannot be chosen.

    Raises:
        QuestionError: It makes no sense; the message says why.
    """
    name = _name(query, default)
    zone = calendar.find_zone(query.get("timezone", "").strip() or zone.name)
    per = fixed or _granularity(query.get("per", ""))
    return TimeFrame(name, _window(name, query, zone, now_s, per), _compare(query))


def fields(
    query: Mapping[str, str], zone: Zone, now_s: int, *, default: str = PRESETS[0].name
) -> Fields:
    """The form for a query string. Where no dates were given, those of the last 30 days."""
    name, per = _name(query, default), query.get("per", "")
    with suppress(QuestionError):  # the page says what is wrong; dates are then the provider's
        zone = calendar.find_zone(query.get("timezone", "").strip() or zone.name)
    (since, since_time), (until, until_time) = (_shown(each, zone) for each in _dates(query, zone, now_s))  # fmt: skip
    return Fields(
        name if name in FRAMES else default,
        since,
        "" if since_time == _DAY_STARTS else since_time,
        until,
        "" if until_time == _DAY_ENDS else until_time,
        query.get("minutes", "") or str(_DEFAULT_MINUTES),
        per if per in {granularity.value for granularity in PER} else "",
        query.get("timezone", "").strip(),
        query.get("compare", "") if query.get("compare", "") in COMPARISONS else "",
    )


def around(zone: Zone, instant_s: int) -> dict[str, str]:
    """The query for the 30 days that end with the day of `instant_s`."""
    window = calendar.last(zone, instant_s, 30, Granularity.DAY)
    first, last = zone.local(window.since_s), zone.local(window.last_s)
    return {
        "frame": CUSTOM,
        "since": first.date().isoformat(),
        "until": last.date().isoformat(),
    }


def between(zone: Zone, since_s: int, until_s: int) -> dict[str, str]:
    """The query for the time from `since_s` to `until_s`, both included."""
    return {"frame": CUSTOM, "since": _brief(zone, since_s), "until": _brief(zone, until_s, ends=True)}  # fmt: skip


def _brief(zone: Zone, instant_s: int, *, ends: bool = False) -> str:
    """As short as it is clear: a day, or else an instant with its offset."""
    local = zone.local(instant_s)
    is_whole = local.strftime("%H:%M") == (_DAY_ENDS if ends else _DAY_STARTS)
    return local.date().isoformat() if is_whole else zone.iso(instant_s)


def _name(query: Mapping[str, str], default: str) -> str:
    if query.get("frame"):
        return query["frame"]
    if query.get("since") or query.get("until"):
        return CUSTOM
    return MINUTES if query.get("minutes") else default


def _window(
    name: str, query: Mapping[str, str], zone: Zone, now_s: int, per: Granularity | None
) -> Window:
    if name == CUSTOM:
        return _custom(query, zone, now_s, per)
    if name == MINUTES:
        return _minutes(query.get("minutes", ""), zone, now_s, per)
    if name in _BY_NAME:
        return _preset(_BY_NAME[name], zone, now_s, per)
    raise QuestionError(f"Time frame must be one of {', '.join(FRAMES)}, not {name}.")


def _compare(query: Mapping[str, str]) -> Compare | None:
    name = query.get("compare", "")
    if name in ("", "previous"):
        return "previous"
    if name == "year":
        return "year"
    if name == "none":
        return None
    raise QuestionError(f"The comparison must be previous, year or none, not {name}.")


def _dates(query: Mapping[str, str], zone: Zone, now_s: int) -> tuple[str, str]:
    """From when until when; a time that stands beside a date belongs to it."""
    today = zone.local(now_s).date()
    month_ago = today - timedelta(days=29)
    since = query.get("since") or month_ago.isoformat()
    until = query.get("until") or today.isoformat()
    return (
        _with_time(since, query.get("since_time", ""), "00"),
        _with_time(until, query.get("until_time", ""), "59"),
    )


def _with_time(day: str, time: str, seconds: str) -> str:
    return f"{day}T{time}:{seconds}" if time and len(day) == _DATE_LENGTH else day


def _shown(text: str, zone: Zone) -> tuple[str, str]:
    """Date and time of day for the form; a text that is neither as it came."""
    if _is_day(text):
        return text, ""
    try:
        local = zone.local(calendar.parse_instant(text, zone))
    except QuestionError:
        return text[:_DATE_LENGTH], ""
    return local.date().isoformat(), local.strftime("%H:%M")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _granularity(text: str) -> Granularity | None:
    if not text:
        return None
    for granularity in PER:
        if granularity.value == text:
            return granularity
    names = ", ".join(granularity.value for granularity in PER)
    raise QuestionError(f"Granularity must be one of {names}, not {text}.")


def _minutes(text: str, zone: Zone, now_s: int, per: Granularity | None) -> Window:
    text = text or str(_DEFAULT_MINUTES)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_MINUTES):
        raise QuestionError(f"Minutes must be a number from 1 to {MOST_MINUTES:,}, not {text}.")
    whole = calendar.last(zone, now_s, int(text), Granularity.MINUTE)
    return whole if per in (None, Granularity.MINUTE) else _rebuilt(whole, per, now_s)


def _preset(preset: Preset, zone: Zone, now_s: int, per: Granularity | None) -> Window:
    whole = calendar.last(zone, now_s, preset.count, preset.unit)
    per = per or preset.per
    # Up to now and not to the end of the last unit: hours that have not come are no data.
    return whole if per is preset.unit else _rebuilt(whole, per, now_s)


def _rebuilt(whole: Window, per: Granularity | None, now_s: int) -> Window:
    zone = whole.zone
    since, until = zone.iso(whole.since_s), zone.iso(now_s)
    return calendar.window(zone, now_s, since=since, until=until, granularity=per)


def _custom(query: Mapping[str, str], zone: Zone, now_s: int, per: Granularity | None) -> Window:
    since, until = _dates(query, zone, now_s)
    until = f"{until} 23:59:59" if _is_day(until) else until  # a day is meant as a whole
    span_s = calendar.parse_instant(until, zone) - calendar.parse_instant(since, zone)
    if span_s < 0:
        raise QuestionError("The time frame ends before it begins.")
    is_recent = calendar.parse_instant(since, zone) > now_s - _BY_MINUTE_SINCE_S
    per = per or _automatic(span_s, by_minute=is_recent)
    return calendar.window(zone, now_s, since=since, until=until, granularity=per)


def _automatic(span_s: int, *, by_minute: bool) -> Granularity:
    if by_minute and span_s <= _BY_MINUTE_S:
        return Granularity.MINUTE
    for longest_s, granularity in _AUTOMATIC_S:
        if span_s <= longest_s:
            return granularity
    return Granularity.MONTH
