"""When reports are due, over years of days in zones with and without daylight saving."""

from datetime import UTC, date, datetime, timedelta
from itertools import cycle, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.domain.calendar import find_zone
from tallygate.domain.schedule import PERIODS, Period, Schedule, due, next_due

ZONES = ("UTC", "Europe/Madrid", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu")


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def schedule(period: Period, zone: str, **at: int) -> Schedule:
    return Schedule(period, find_zone(zone), **at)


def shown(zone: str, instant_s: int) -> str:
    return f"{find_zone(zone).local(instant_s):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("hour", [0, 2, 8, 23])
def test_each_period_of_a_year_has_one_report(zone: str, period: Period, hour: int) -> None:
    """Walking through 2018 in steps of any length, each day, week or month is due once, in order and without a gap."""
    wanted = schedule(period, zone, hour=hour, weekday=3, monthday=28)
    now_s, end_s = utc_s("2018-01-01"), utc_s("2019-01-01")
    found = []
    for step_s in cycle((60, 3_599, 47_111, 86_400, 200_000)):
        found += list(due(wanted, now_s, now_s + step_s))
        now_s += step_s
        if now_s >= end_s:
            break
    days = [each.first_day for each in found]
    assert len(set(days)) == len(days)
    assert {"day": 363, "week": 51, "month": 11}[period] <= len(days)
    for before, after in pairwise(found):
        assert before.until_s == after.since_s
        assert before.at_s < after.at_s
    for each in found:
        assert each.at_s >= each.until_s
        reading = find_zone(zone).local(each.at_s)
        assert reading.hour == hour or (hour, reading.hour) in {(0, 1), (2, 3)}
        assert period != "week" or reading.weekday() == 3
        assert period != "month" or reading.day == 28


def test_a_weekly_report_is_about_the_week_from_monday_before() -> None:
    found = next_due(
        schedule("week", "Europe/Madrid", hour=9, weekday=2), utc_s("2020-03-18 08:00")
    )
    assert shown("Europe/Madrid", found.at_s) == "2020-03-25 09:00"
    assert found.first_day == date(2020, 3, 16)
    assert shown("Europe/Madrid", found.until_s) == "2020-03-23 00:00"


def test_a_monthly_report_is_about_the_month_before() -> None:
    found = next_due(schedule("month", "UTC", hour=8, monthday=5), utc_s("2020-02-20"))
    assert shown("UTC", found.at_s) == "2020-03-05 08:00"
    assert (found.first_day, shown("UTC", found.until_s)) == (date(2020, 2, 1), "2020-03-01 00:00")


def test_an_hour_that_the_clocks_skip_is_due_when_they_have_jumped() -> None:
    """In Madrid 2:30 of 29 March 2020 does not exist: the report comes at 3:00."""
    found = next_due(schedule("day", "Europe/Madrid", hour=2, minute=30), utc_s("2020-03-28 12:00"))
    assert shown("Europe/Madrid", found.at_s) == "2020-03-29 03:00"
    assert found.first_day == date(2020, 3, 28)


def test_an_hour_that_comes_twice_is_due_the_first_time() -> None:
    """In Madrid 2:30 of 25 October 2020 comes twice."""
    found = next_due(schedule("day", "Europe/Madrid", hour=2, minute=30), utc_s("2020-10-24 12:00"))
    assert found.at_s == utc_s("2020-10-25 00:30")


def test_a_day_that_was_skipped_has_no_report() -> None:
    """Samoa had no 30 December 2011."""
    found = due(schedule("day", "Pacific/Apia"), utc_s("2011-12-28"), utc_s("2012-01-03"))
    days = [each.first_day for each in found]
    assert date(2011, 12, 29) in days
    assert date(2011, 12, 30) not in days
    assert date(2011, 12, 31) in days


@given(
    period=st.sampled_from(PERIODS),
    zone=st.sampled_from(ZONES),
    after_s=st.integers(0, 4_000_000_000),
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    monthday=st.integers(1, 28),
)
def test_the_next_report_is_the_first_one_due(
    period: Period, zone: str, after_s: int, hour: int, weekday: int, monthday: int
) -> None:
    """At any instant, of any schedule, the next report is later and nothing is due before it."""
    wanted = schedule(period, zone, hour=hour, weekday=weekday, monthday=monthday)
    found = next_due(wanted, after_s)
    assert found.at_s > after_s
    assert found.at_s - after_s <= timedelta(days=62).total_seconds()
    assert list(due(wanted, after_s, found.at_s)) == [found]
