"""A time zone: local clock readings and UTC instants. Used by the calendar alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from tallygate.domain.errors import QuestionError
from tallygate.domain.zone_names import IANA_BY_RAILS_NAME

_EPOCH = datetime(1970, 1, 1)


class Zone:
    """A zone of the IANA database, as the `tzdata` package knows it.

    Local readings are naive datetimes of whole seconds; instants are UTC seconds.
    """

    __slots__ = ("_info", "name")

    def __init__(self, name: str, info: ZoneInfo) -> None:
        self.name = name
        self._info = info

    def __repr__(self) -> str:
        return f"Zone({self.name})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zone) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def at(self, instant_s: int) -> datetime:
        """The aware datetime of an instant, in this zone."""
        return (_EPOCH + timedelta(seconds=instant_s)).replace(tzinfo=UTC).astimezone(self._info)

    def local(self, instant_s: int) -> datetime:
        """What the clocks show."""
        return self.at(instant_s).replace(tzinfo=None, fold=0)

    def offset_s(self, instant_s: int) -> int:
        """Seconds to add to UTC."""
        return _seconds(self.local(instant_s)) - instant_s

    def instant_s(self, local: datetime) -> int:
        """When the clocks show `local`: the first time if twice; if never, had they not jumped yet."""
        return _seconds(local) - self._offset_before_s(local, fold=0)

    def first_instant_s(self, local: datetime) -> int:
        """The first instant at which the clocks show `local` or later."""
        late = self.instant_s(local)
        if self.local(late) == local:
            return late
        early = _seconds(local) - self._offset_before_s(local, fold=1)
        return self.change_s(early, late)

    def change_s(self, early_s: int, late_s: int) -> int:
        """The instant in (early_s, late_s] from which on the offset is that of `late_s`."""
        offset = self.offset_s(late_s)
        return _first(early_s, late_s, lambda instant_s: self.offset_s(instant_s) == offset)

    def iso(self, instant_s: int) -> str:
        """ISO 8601 without a fraction, with the zone's offset, or `Z` for UTC."""
        moment = self.at(instant_s)
        return moment.replace(tzinfo=None).isoformat() + self._suffix(moment, "Z", ":")

    def ruby(self, instant_s: int) -> str:
        """As Ruby prints a time: `2020-03-18 00:00:00 +0100`, or `... UTC`."""
        moment = self.at(instant_s)
        return f"{moment.replace(tzinfo=None).isoformat(' ')} {self._suffix(moment, 'UTC', '')}"

    def _suffix(self, moment: datetime, utc: str, colon: str) -> str:
        if moment.tzname() in ("UTC", "UCT"):
            return utc
        offset = moment.utcoffset() or timedelta()
        minutes = abs(int(offset.total_seconds())) // 60
        sign = "-" if offset < timedelta() else "+"
        return f"{sign}{minutes // 60:02}{colon}{minutes % 60:02}"

    def _offset_before_s(self, local: datetime, fold: int) -> int:
        offset = local.replace(tzinfo=self._info, fold=fold).utcoffset() or timedelta()
        return int(offset.total_seconds())


def find_zone(name: str) -> Zone:
    """The zone called `name`, an IANA id (`Europe/Madrid`) or a Rails name (`Madrid`).

    Raises:
        QuestionError: There is no such zone.
    """
    iana = IANA_BY_RAILS_NAME.get(name, name)
    if iana not in zone_ids():
        raise QuestionError(f"Timezone {name} is not known")
    return _load(iana)


@cache
def zone_ids() -> frozenset[str]:
    """Every IANA id there is."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def _load(iana: str) -> Zone:
    # Not ZoneInfo(iana): that prefers the machine's own database, and machines differ.
    with files("tzdata").joinpath("zoneinfo", *iana.split("/")).open("rb") as stream:
        return Zone(iana, ZoneInfo.from_file(stream, key=iana))


def _seconds(local: datetime) -> int:
    delta = local - _EPOCH
    return delta.days * 86_400 + delta.seconds


def _first(early: int, late: int, holds: Callable[[int], bool]) -> int:
    """The least number in (early, late] from which on `holds`."""
    while late - early > 1:
        middle = (early + late) // 2
        if holds(middle):
            late = middle
        else:
            early = middle
    return late
