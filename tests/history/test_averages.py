"""Averages are over the times that a day or an hour came up, by the clocks of the zone."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.history_data import NOW_S

from tallygate.domain.calendar import Granularity, Window, find_zone, last, window
from tallygate.history.averages import by_hour, by_weekday

ALL_S = 2**40
"""Everything is over."""


def between(zone: str, since: str, until: str, granularity: Granularity) -> Window:
    return window(find_zone(zone), NOW_S, since=since, until=until, granularity=granularity)


def test_what_is_the_same_every_day_is_the_average_of_every_day() -> None:
    """However often each came up: 30 days have five Mondays and Tuesdays, four of the others."""
    june = between("UTC", "2020-06-01", "2020-06-30", Granularity.DAY)
    found = by_weekday(june, [100] * len(june), ALL_S)
    assert [each.value for each in found] == [100.0] * 7
    assert [each.occurrences for each in found] == [5, 5, 4, 4, 4, 4, 4]


def test_days_and_hours_are_those_of_the_zone() -> None:
    """20:30 UTC on a Sunday is 2 o'clock on Monday in Kolkata."""
    sunday = between("Asia/Kolkata", "2020-06-01", "2020-06-01 23:59", Granularity.HOUR)
    at_s = 1_590_957_000  # 2020-05-31T20:30:00Z
    values = [9 if begin <= at_s < end else 0 for begin, end in pairwise(sunday.edges_s)]
    assert [each.total for each in by_hour(sunday, values, ALL_S)] == [0, 0, 9, *[0] * 21]


def test_an_hour_that_comes_twice_counts_twice_and_one_that_is_skipped_not_at_all() -> None:
    autumn = between("Europe/Madrid", "2020-10-25", "2020-10-25 23:59", Granularity.HOUR)
    found = by_hour(autumn, [10] * len(autumn), ALL_S)
    assert (found[2].occurrences, found[2].total, found[2].value) == (2, 20, 10.0)
    spring = between("Europe/Madrid", "2020-03-29", "2020-03-29 23:59", Granularity.HOUR)
    skipped = by_hour(spring, [10] * len(spring), ALL_S)[2]
    assert (skipped.occurrences, skipped.value) == (0, None)


def test_a_part_of_an_hour_is_a_part_of_an_occurrence() -> None:
    """Lord Howe's clocks go back by half an hour: 1:30 to 2:00 comes twice."""
    autumn = between("Australia/Lord_Howe", "2020-04-05", "2020-04-05 23:59", Granularity.HOUR)
    steady = [end - begin for begin, end in pairwise(autumn.edges_s)]
    found = by_hour(autumn, steady, ALL_S)
    assert found[1].occurrences == 1.5
    assert [each.value for each in found] == [3600.0] * 24


def test_a_bucket_that_has_not_ended_is_left_out() -> None:
    days = last(find_zone("UTC"), NOW_S, 8, Granularity.DAY)
    found = by_weekday(days, [100] * 7 + [3], NOW_S)
    assert [(each.value, each.occurrences) for each in found] == [(100.0, 1)] * 7


def test_a_window_by_something_else_is_refused() -> None:
    days = last(find_zone("UTC"), NOW_S, 8, Granularity.DAY)
    with pytest.raises(ValueError, match="by hour"):
        by_hour(days, [0] * 8, NOW_S)


@given(
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Madrid"]),
    now_s=st.integers(NOW_S - 10**8, NOW_S),
    count=st.integers(1, 400),
)
def test_nothing_is_lost_or_counted_twice(zone: str, now_s: int, count: int) -> None:
    hours = last(find_zone(zone), now_s, count, Granularity.HOUR)
    values = list(range(len(hours)))
    found = by_hour(hours, values, ALL_S)
    assert sum(each.total for each in found) == sum(values)
    whole_s = hours.edges_s[-1] - hours.since_s
    assert sum(each.occurrences for each in found) == pytest.approx(whole_s / 3600)
