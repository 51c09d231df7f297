"""The time frame of a page, as its URL tells it: `?frame=30d` or `?since=2015-05-17&until=2015-05-20&per=hour`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tallygate.domain import calendar
from tallygate.domain.calendar import Granularity, Window, Zone
from tallygate.domain.errors import QuestionError

CUSTOM = "custom"


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
NAMES = (*_BY_NAME, CUSTOM)
PER = (Granularity.HOUR, Granularity.DAY, Granularity.WEEK, Granularity.MONTH)
_DATE_LENGTH = len("2015-05-17")
_AUTOMATIC_DAYS = ((8, Granularity.HOUR), (120, Granularity.DAY))


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """A window under the name by which it was asked for.

    Attributes:
        name: A preset's, or 'custom'.
    """

    name: str
    window: Window

    @property
    def before(self) -> str:
        """The window just before this one, in words: '30 days before'."""
        preset = _BY_NAME.get(self.name)
        return f"{preset.label} before" if preset else "time before"

    @property
    def before_title(self) -> str:
        """The same as a heading."""
        return self.before[0].upper() + self.before[1:]


@dataclass(frozen=True, slots=True)
class Fields:
    """What the form shows: the choices as they came in, also where they make no sense together."""

    name: str
    since: str
    until: str
    per: str


def read(query: Mapping[str, str], zone: Zone, now_s: int) -> TimeFrame:
    """The frame that a query string asks for; by default the last 24 hours.

    Raises:
        QuestionError: It makes no sense; the message says why.
    """
    name = _name(query)
    per = _granularity(query.get("per", ""))
    if name == CUSTOM:
        return TimeFrame(name, _custom(query, zone, now_s, per))
    if name in _BY_NAME:
        return TimeFrame(name, _preset(_BY_NAME[name], zone, now_s, per))
    raise QuestionError(f"Time frame must be one of {', '.join(NAMES)}, not {name}.")


def fields(query: Mapping[str, str], zone: Zone, now_s: int) -> Fields:
    """The form for a query string. Where no dates were given, those of the last 30 days."""
    name, per = _name(query), query.get("per", "")
    since, until = _dates(query, zone, now_s)
    return Fields(
        name if name in NAMES else PRESETS[0].name,
        since[:_DATE_LENGTH],
        until[:_DATE_LENGTH],
        per if per in {granularity.value for granularity in PER} else "",
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


def _name(query: Mapping[str, str]) -> str:
    implied = CUSTOM if query.get("since") or query.get("until") else PRESETS[0].name
    return query.get("frame") or implied


def _dates(query: Mapping[str, str], zone: Zone, now_s: int) -> tuple[str, str]:
    today = zone.local(now_s).date()
    month_ago = today - timedelta(days=29)
    return query.get("since") or month_ago.isoformat(), query.get("until") or today.isoformat()


def _granularity(text: str) -> Granularity | None:
    if not text:
        return None
    for granularity in PER:
        if granularity.value == text:
            return granularity
    names = ", ".join(granularity.value for granularity in PER)
    raise QuestionError(f"Granularity must be one of {names}, not {text}.")


def _preset(preset: Preset, zone: Zone, now_s: int, per: Granularity | None) -> Window:
    whole = calendar.last(zone, now_s, preset.count, preset.unit)
    per = per or preset.per
    if per is preset.unit:
        return whole
    # Up to now and not to the end of the last unit: hours that have not come are no data.
    return calendar.window(
        zone, now_s, since=zone.iso(whole.since_s), until=zone.iso(now_s), granularity=per
    )


def _custom(query: Mapping[str, str], zone: Zone, now_s: int, per: Granularity | None) -> Window:
    since, until = _dates(query, zone, now_s)
    until = _to_the_end_of_the_day(until)
    span_s = calendar.parse_instant(until, zone) - calendar.parse_instant(since, zone)
    if span_s < 0:
        raise QuestionError("The time frame ends before it begins.")
    per = per or _automatic(span_s)
    return calendar.window(zone, now_s, since=since, until=until, granularity=per)


def _to_the_end_of_the_day(text: str) -> str:
    """A day without a time is meant as a whole."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return text
    return f"{text} 23:59:59"


def _automatic(span_s: int) -> Granularity:
    for days, granularity in _AUTOMATIC_DAYS:
        if span_s <= days * 86_400:
            return granularity
    return Granularity.MONTH
