"""Windows of time in every zone, against a slow reference that only looks at clocks."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.domain.calendar import Granularity, find_zone, floor_s, last, next_s, zone_ids

QUARTER_S = 900
DAY_S = 86_400
ZONES = st.sampled_from(sorted(zone_ids()))
BUCKETS = st.sampled_from([each for each in Granularity if each is not Granularity.ETERNITY])
INSTANTS = st.integers(
    int(datetime(1900, 1, 2, tzinfo=UTC).timestamp()),
    int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()),
)
# Since 2012 every change of offset, everywhere, happens on a quarter of an hour.
MODERN = st.integers(
    int(datetime(2012, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2036, 1, 1, tzinfo=UTC).timestamp()),
)


@given(zone=ZONES, granularity=BUCKETS, instant_s=INSTANTS, count=st.integers(1, 60))
def test_buckets_tile_the_window_in_any_zone(
    zone: str, granularity: Granularity, instant_s: int, count: int
) -> None:
    window = last(find_zone(zone), instant_s, count, granularity)
    assert count == len(window)
    assert window.edges_s[-2] <= instant_s < window.edges_s[-1] == window.last_s + 1
    for begin, end in pairwise(window.edges_s):
        assert begin < end
        for inside in (begin, (begin + end) // 2, end - 1):
            assert begin == floor_s(window.zone, granularity, inside)
            assert end == next_s(window.zone, granularity, inside)


@given(zone=ZONES, granularity=BUCKETS, instant_s=INSTANTS, count=st.integers(0, 40))
def test_the_window_before_touches_the_window_and_has_as_many_buckets(
    zone: str, granularity: Granularity, instant_s: int, count: int
) -> None:
    window = last(find_zone(zone), instant_s, count + 1, granularity)
    before = window.previous()
    assert before is not None
    assert len(window) == len(before)
    assert window.edges_s[0] == before.edges_s[-1]
    assert window == last(window.zone, instant_s, count + 1, granularity)
    assert (before.edges_s + window.edges_s[1:]) == last(
        window.zone, instant_s, 2 * count + 2, granularity
    ).edges_s


@settings(max_examples=300)
@given(zone=ZONES, granularity=BUCKETS, instant_s=MODERN)
def test_buckets_begin_when_the_clocks_first_show_their_start(
    zone: str, granularity: Granularity, instant_s: int
) -> None:
    if granularity in (Granularity.MINUTE, Granularity.YEAR):
        granularity = Granularity.MONTH
    days = 40 if granularity is Granularity.MONTH else 12
    begin = instant_s // QUARTER_S * QUARTER_S
    end = begin + days * DAY_S
    expected = _edges(_zone_info(zone), granularity, begin, end)
    found = [floor_s(find_zone(zone), granularity, begin)]
    while found[-1] < end:
        found.append(next_s(find_zone(zone), granularity, found[-1]))
    assert expected == [edge for edge in found if begin < edge < end]


@given(year=st.integers(2012, 2035), zone=ZONES)
def test_every_change_of_the_clocks_in_a_year_agrees_with_the_reference(
    year: int, zone: str
) -> None:
    info, ours = _zone_info(zone), find_zone(zone)
    for change in _changes(info, year):
        begin, end = change - 2 * DAY_S, change + 2 * DAY_S
        for granularity in (Granularity.HOUR, Granularity.SIX_HOURS, Granularity.DAY):
            found = [floor_s(ours, granularity, begin)]
            while found[-1] < end:
                found.append(next_s(ours, granularity, found[-1]))
            expected = _edges(info, granularity, begin, end)
            assert expected == [edge for edge in found if begin < edge < end]


def _zone_info(zone: str) -> ZoneInfo:
    """From the package: the machine's own database may be of another year."""
    with files("tzdata").joinpath("zoneinfo", zone).open("rb") as stream:
        return ZoneInfo.from_file(stream)


def _clock(info: ZoneInfo, instant_s: int) -> datetime:
    return datetime.fromtimestamp(instant_s, UTC).astimezone(info)


def _offset(info: ZoneInfo, instant_s: int) -> timedelta:
    return _clock(info, instant_s).utcoffset() or timedelta()


def _label(granularity: Granularity, local: datetime) -> tuple[int, ...]:
    """What a person calls the bucket of a clock reading."""
    monday = local.date() - timedelta(days=local.weekday())
    return {
        Granularity.SIX_HOURS: (*local.timetuple()[:3], local.hour // 6),
        Granularity.DAY: local.timetuple()[:3],
        Granularity.WEEK: monday.timetuple()[:3],
        Granularity.MONTH: local.timetuple()[:2],
    }[granularity]


def _edges(info: ZoneInfo, granularity: Granularity, begin: int, end: int) -> list[int]:
    """Where buckets begin between two instants, by looking at the clock every quarter of an hour."""
    edges = []
    # Up to a day before: the clocks may have gone back over the start of the bucket before `begin`.
    newest: tuple[int, ...] = ()
    for instant in range(begin - DAY_S, end, QUARTER_S):
        clock = _clock(info, instant)
        if granularity is Granularity.HOUR:
            jump = _offset(info, instant) - _offset(info, instant - QUARTER_S)
            if clock.minute == 0 or jump.total_seconds() % 3600:
                edges.append(instant)
        elif (label := _label(granularity, clock)) > newest:
            newest = label
            edges.append(instant)
    return [edge for edge in edges if edge > begin]


def _changes(info: ZoneInfo, year: int) -> list[int]:
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    hours = range(first, first + 366 * DAY_S, 6 * 3600)
    return [
        late // QUARTER_S * QUARTER_S
        for early, late in pairwise(hours)
        if _offset(info, early) != _offset(info, late)
    ]
