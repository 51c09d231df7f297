"""Windows of time, example by example."""

from datetime import UTC, datetime

import pytest

from tallygate.domain.calendar import (
    Granularity,
    Window,
    find_zone,
    last,
    parse_instant,
    period_of,
    running,
    window,
    zone_ids,
)
from tallygate.domain.errors import QuestionError
from tallygate.domain.limits import ETERNITY, NAME_BY_PERIOD, epoch_at
from tallygate.domain.zone_names import IANA_BY_RAILS_NAME

HOUR_S = 3600


def at(text: str) -> int:
    """UTC seconds of `2020-03-18 10:20`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOW = at("2020-03-18 10:20")


def asked(zone: str = "UTC", now_s: int = NOW, **question: object) -> Window:
    return window(find_zone(zone), now_s, **question)  # type: ignore[arg-type]


def shown(found: Window) -> tuple[str, str, int]:
    """First second, last second and number of buckets."""
    return found.zone.iso(found.since_s), found.zone.iso(found.last_s), len(found)


@pytest.mark.parametrize(
    ("period", "since", "until", "count"),
    [
        ("day", "2020-03-17T10:00:00Z", "2020-03-18T10:59:59Z", 25),
        ("week", "2020-03-11T06:00:00Z", "2020-03-18T11:59:59Z", 29),
        ("month", "2020-02-18T00:00:00Z", "2020-03-18T23:59:59Z", 30),
        ("year", "2019-03-01T00:00:00Z", "2020-03-31T23:59:59Z", 13),
    ],
)
def test_a_period_without_since_ends_now_and_is_rounded_outwards(
    period: str, since: str, until: str, count: int
) -> None:
    assert (since, until, count) == shown(asked(period=period))


@pytest.mark.parametrize(
    ("period", "count"), [("day", 24), ("week", 28), ("month", 31), ("year", 12)]
)
def test_a_period_that_begins_on_a_boundary_has_no_bucket_more(period: str, count: int) -> None:
    assert count == len(asked(period=period, since="2020-01-01"))


def test_a_year_from_the_middle_of_a_month_touches_thirteen_months() -> None:
    expected = ("2020-03-01T00:00:00Z", "2021-03-31T23:59:59Z", 13)
    assert expected == shown(asked(period="year", since="2020-03-15"))


def test_a_month_in_madrid_begins_and_ends_at_local_midnight() -> None:
    found = asked("Europe/Madrid", at("2009-12-13 00:00"), period="month")
    assert shown(found) == ("2009-11-13T00:00:00+01:00", "2009-12-13T23:59:59+01:00", 31)


def test_since_and_until_are_rounded_outwards_to_the_hour() -> None:
    found = asked(since="2009-12-04 22:14", until="2009-12-08 18:10", granularity=Granularity.HOUR)
    assert shown(found) == ("2009-12-04T22:00:00Z", "2009-12-08T18:59:59Z", 93)


def test_until_as_a_date_is_its_first_bucket() -> None:
    found = asked(since="2020-03-18", until="2020-03-18", granularity=Granularity.HOUR)
    assert shown(found) == ("2020-03-18T00:00:00Z", "2020-03-18T00:59:59Z", 1)


def test_until_before_since_is_a_window_without_a_bucket() -> None:
    found = asked(since="2020-03-18", until="2020-03-10", granularity=Granularity.DAY)
    assert (len(found), found.starts_s) == (0, ())


def test_with_a_period_until_does_not_matter() -> None:
    assert asked(period="day", since="2020-03-01") == asked(
        period="day", since="2020-03-01", until="nonsense"
    )


def test_eternity_is_one_bucket_up_to_the_end_of_today_in_utc() -> None:
    found = asked("Madrid", period="eternity", since="2020-01-01")
    assert len(found) == 1
    assert (0, at("2020-03-18 23:59") + 59) == (found.since_s, found.last_s)
    assert found.previous() is None


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Madrid", "2020-03-29", 23),
        ("Europe/Madrid", "2020-10-25", 25),
        ("America/Sao_Paulo", "2018-11-04", 23),  # the clocks skip midnight
        ("America/Havana", "2020-11-01", 25),  # 00:00 comes twice
        ("Asia/Kolkata", "2020-03-29", 24),
        ("Asia/Kathmandu", "2020-03-29", 24),
    ],
)
def test_a_day_has_as_many_hours_as_the_clocks_show(zone: str, day: str, hours: int) -> None:
    found = asked(zone, period="day", since=day)
    assert hours == len(found)
    assert {HOUR_S} == {
        end - begin for begin, end in zip(found.edges_s, found.edges_s[1:], strict=False)
    }


def test_where_the_clocks_jump_by_half_an_hour_the_hour_is_cut_there() -> None:
    found = asked("Australia/Lord_Howe", period="day", since="2020-10-04")
    lengths = [end - begin for begin, end in zip(found.edges_s, found.edges_s[1:], strict=False)]
    assert [HOUR_S, HOUR_S, HOUR_S // 2, *[HOUR_S] * 21] == lengths


def test_a_day_that_the_clocks_skip_is_no_bucket() -> None:
    found = asked(
        "Pacific/Apia", since="2011-12-28", until="2012-01-01", granularity=Granularity.DAY
    )
    days = [found.zone.local(start_s).day for start_s in found.starts_s]
    assert days == [28, 29, 31, 1]


def test_hours_of_a_half_hour_zone_begin_at_half_past_in_utc() -> None:
    found = asked("New Delhi", period="day", since="2020-03-18")
    assert at("2020-03-17 18:30") == found.since_s
    assert len(found) == 24


def test_six_hours_count_from_local_midnight() -> None:
    found = asked("Europe/Madrid", period="week", since="2020-03-28")
    lengths = [end - begin for begin, end in zip(found.edges_s, found.edges_s[1:], strict=False)]
    assert [length // HOUR_S for length in lengths[:6]] == [6, 6, 6, 6, 5, 6]


def test_weeks_begin_on_monday() -> None:
    found = asked(since="2016-11-25", until="2016-11-25", granularity=Granularity.WEEK)
    assert shown(found) == ("2016-11-21T00:00:00Z", "2016-11-27T23:59:59Z", 1)


@pytest.mark.parametrize(
    ("question", "since", "count"),
    [
        ({"period": "year", "since": "2021-01-01"}, "2020-01-01T00:00:00Z", 12),
        ({"period": "day", "since": "2020-03-18"}, "2020-03-17T00:00:00Z", 24),
        (
            {"since": "2020-03-01", "until": "2020-03-31", "granularity": Granularity.DAY},
            "2020-01-30T00:00:00Z",
            31,
        ),
    ],
)
def test_the_window_before_has_as_many_buckets_and_ends_where_the_window_begins(
    question: dict[str, object], since: str, count: int
) -> None:
    found = asked(**question)
    before = found.previous()
    assert before is not None
    assert (since, count) == (before.zone.iso(before.since_s), len(before))
    assert found.since_s == before.edges_s[-1]


@pytest.mark.parametrize("granularity", [Granularity.MINUTE, Granularity.HOUR, Granularity.MONTH])
def test_last_gives_exactly_so_many_buckets_of_which_the_newest_holds_now(
    granularity: Granularity,
) -> None:
    found = last(find_zone("Asia/Tehran"), NOW, 24, granularity)
    assert len(found) == 24
    assert found.edges_s[-2] <= NOW < found.edges_s[-1]


ALLOWED = [
    ("2020-01-01", "2020-01-07 23:59", Granularity.MINUTE, 7 * 24 * 60),
    ("2020-01-01", "2021-02-03 23:59", Granularity.HOUR, 400 * 24),
    ("2020-01-01", "2020-12-31", Granularity.DAY, 366),
    ("1996-01-01", "2020-12-31", Granularity.DAY, 25 * 365 + 7),
    ("1921-01-01", "2020-12-31", Granularity.MONTH, 1_200),
    ("2015-01-01", "2020-12-31 23:59", Granularity.SIX_HOURS, (6 * 365 + 2) * 4),
    ("1921-01-01", "2020-12-31", Granularity.YEAR, 100),
]


@pytest.mark.parametrize(("since", "until", "granularity", "count"), ALLOWED)
def test_the_longest_ranges_are_allowed_in_leap_years_too(
    since: str, until: str, granularity: Granularity, count: int
) -> None:
    assert count == len(asked(since=since, until=until, granularity=granularity))


@pytest.mark.parametrize("zone", ["UTC", "Madrid", "Newfoundland"])
@pytest.mark.parametrize("since", [None, "2019-06-15 13:00", "2020-02-29"])
def test_a_year_by_day_is_allowed_from_any_day(zone: str, since: str | None) -> None:
    found = asked(zone, period="year", since=since, granularity=Granularity.DAY)
    assert len(found) in (365, 366, 367)


@pytest.mark.parametrize(
    ("granularity", "span"),
    [
        (Granularity.MINUTE, "7 days"),
        (Granularity.HOUR, "400 days"),
        (Granularity.SIX_HOURS, "6 years"),
        (Granularity.DAY, "25 years"),
        (Granularity.WEEK, "100 years"),
        (Granularity.MONTH, "100 years"),
        (Granularity.YEAR, "100 years"),
    ],
)
def test_an_absurd_range_is_refused_at_once_with_the_longest_that_is_allowed(
    granularity: Granularity, span: str
) -> None:
    message = f"^Time range for the granularity must be less than {span}; no granularity would do$"
    with pytest.raises(QuestionError, match=message):
        asked(since="2020-03-17", until="8000-09-19 23:49:00", granularity=granularity)


@pytest.mark.parametrize(
    ("since", "granularity", "would_do"),
    [
        ("2020-03-10", Granularity.MINUTE, "hour, 6 hours, day, week, month and year would do"),
        ("2019-01-01", Granularity.HOUR, "6 hours, day, week, month and year would do"),
        ("1990-01-01", Granularity.DAY, "week, month and year would do"),
    ],
)
def test_a_range_that_is_too_long_is_refused_with_the_granularities_that_would_do(
    since: str, granularity: Granularity, would_do: str
) -> None:
    with pytest.raises(QuestionError) as refused:
        asked(since=since, until="2020-03-18", granularity=granularity)
    assert str(refused.value).endswith(f"; {would_do}")
    for name in would_do.removesuffix(" would do").replace(" and ", ", ").split(", "):
        assert asked(since=since, until="2020-03-18", granularity=Granularity(name))


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("day", "2016-11-25T00:00:00+01:00", "2016-11-25T23:59:59+01:00"),
        ("week", "2016-11-21T00:00:00+01:00", "2016-11-27T23:59:59+01:00"),
        ("month", "2016-11-01T00:00:00+01:00", "2016-11-30T23:59:59+01:00"),
        ("year", "2016-01-01T00:00:00+01:00", "2016-12-31T23:59:59+01:00"),
    ],
)
def test_a_period_of_the_calendar_holds_the_instant_whole(
    period: str, since: str, until: str
) -> None:
    zone = find_zone("Madrid")
    found = period_of(zone, period, parse_instant("2016-11-25 10:00", zone))
    assert (zone.iso(found.since_s), zone.iso(found.last_s)) == (since, until)
    assert (found.period, len(found)) == (period, 1)


@pytest.mark.parametrize("now", ["2020-03-18 10:20", "2020-12-31 23:59", "2021-01-04 00:00"])
def test_the_running_period_of_a_limit_is_that_of_the_counters(now: str) -> None:
    """As the ledger has it, from minute to year; eternity is all up to the end of today."""
    epoch = epoch_at(at(now))
    for number in range(ETERNITY):
        found = running(NAME_BY_PERIOD[number], at(now))
        assert found.edges_s == (epoch.starts_s[number], epoch.end_s(number))
    endless = running("eternity", at(now))
    assert endless.edges_s == (0, (at(now) // 86_400 + 1) * 86_400)


@pytest.mark.parametrize("period", ["eternity", "hour", "fortnight"])
def test_other_periods_of_the_calendar_are_refused(period: str) -> None:
    with pytest.raises(QuestionError, match=r'^Period must be one of \["year", "month"'):
        period_of(find_zone("UTC"), period, NOW)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            {"period": "decade"},
            'Period must be one of ["eternity", "year", "month", "week", "day"] not "decade"',
        ),
        (
            {"since": "2020-01-01", "granularity": Granularity.DAY},
            "You need to specify either 'range' or 'since' and 'until'",
        ),
        (
            {"period": "day", "granularity": Granularity.ETERNITY},
            "Granularity 'eternity' is only supported for period 'eternity'",
        ),
        (
            {"period": "eternity", "granularity": Granularity.DAY},
            "Only 'eternity' granularity is supported for period 'eternity'",
        ),
        (
            {"period": "day", "since": "garbage"},
            "Date parameters should have valid date/time format.",
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_told_why(
    question: dict[str, object], message: str
) -> None:
    with pytest.raises(QuestionError) as refused:
        asked(**question)
    assert message == str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-03-18", "2020-03-17 23:00"),
        ("2020-03-18 10:20", "2020-03-18 09:20"),
        ("2020-03-18 10:20:30", "2020-03-18 09:20:30"),
        ("2020-03-18T10:20:30Z", "2020-03-18 10:20:30"),
        ("2020-03-18T10:20:30.999-02:00", "2020-03-18 12:20:30"),
        ("2020-03-18 10:20:30 +0100", "2020-03-18 09:20:30"),
        ("2020-03-18T10:20:30 01:00", "2020-03-18 09:20:30"),
        ("2020-03-18 10:20:30 UTC", "2020-03-18 10:20:30"),
    ],
)
def test_a_date_without_an_offset_is_a_reading_of_the_zones_clocks(
    text: str, expected: str
) -> None:
    assert at(expected) == parse_instant(text, find_zone("Madrid"))


@pytest.mark.parametrize(
    "text", ["", "18/03/2020", "2020-13-01", "0001-01-01", "9999-12-31", "٢٠٢٠"]
)
def test_what_is_no_date_of_our_times_is_refused(text: str) -> None:
    with pytest.raises(QuestionError, match="valid date/time format"):
        parse_instant(text, find_zone("UTC"))


def test_every_rails_name_is_a_zone_and_is_told_by_its_iana_id() -> None:
    assert len(IANA_BY_RAILS_NAME) == 151
    assert {name: find_zone(name).name for name in IANA_BY_RAILS_NAME} == IANA_BY_RAILS_NAME


def test_every_iana_id_is_a_zone_whose_clocks_can_be_read() -> None:
    assert len(zone_ids()) > 590
    for name in zone_ids():
        zone = find_zone(name)
        assert abs(zone.offset_s(NOW)) <= 14 * HOUR_S
        assert zone.instant_s(zone.local(NOW)) == NOW


@pytest.mark.parametrize(
    "name", ["", "Mars", "../../etc/passwd", "europe/madrid", "Europe", "zones"]
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(QuestionError, match="is not known"):
        find_zone(name)


def test_instants_are_shown_as_iso_and_as_ruby_shows_them() -> None:
    instant = at("2020-01-01 00:00")
    madrid, london, utc = find_zone("Madrid"), find_zone("London"), find_zone("UTC")
    assert (
        madrid.iso(instant),
        madrid.ruby(instant),
    ) == ("2020-01-01T01:00:00+01:00", "2020-01-01 01:00:00 +0100")
    assert (
        london.iso(instant),
        utc.iso(instant),
        utc.ruby(instant),
    ) == ("2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00Z", "2020-01-01 00:00:00 UTC")
