"""When a value is worth an alert, and at what hours."""

from datetime import UTC, datetime

import pytest

from tallygate.domain.alerting import Hours, Level
from tallygate.domain.calendar import find_zone


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_between_firing_and_clearing_nothing_changes() -> None:
    """A value that trembles around the threshold is one alert."""
    level = Level(80, hysteresis=10)
    assert level.fires(80)
    assert not level.fires(79)
    assert not level.clears(73)
    assert level.clears(71)


def test_a_fall_is_the_same_the_other_way_round() -> None:
    level = Level(-50, hysteresis=10, falls=True)
    assert level.fires(-50)
    assert not level.fires(-49)
    assert not level.clears(-46)
    assert level.clears(-44)


@pytest.mark.parametrize(
    ("time", "business", "night"),
    [
        ("2020-03-18 08:59", True, False),  # Wednesday, 9:59 in Madrid
        ("2020-03-18 07:59", False, False),
        ("2020-03-18 17:00", False, False),
        ("2020-03-18 21:30", False, True),
        ("2020-03-19 04:59", False, True),
        ("2020-03-22 10:00", False, False),  # Sunday
        ("2020-03-22 04:00", False, False),
        ("2020-03-21 04:00", False, True),  # the night from Friday
    ],
)
def test_hours_are_those_of_the_zones_clocks(time: str, business: bool, night: bool) -> None:
    """Hours over midnight belong to the day on which they begin."""
    zone = find_zone("Europe/Madrid")
    weekdays = "01234"
    assert Hours(zone, weekdays, 9, 18).include(utc_s(time)) is business
    assert Hours(zone, weekdays, 22, 6).include(utc_s(time)) is night
    assert Hours(zone).include(utc_s(time))


def test_a_stretch_that_begins_before_the_hours_is_not_in_them() -> None:
    hours = Hours(find_zone("UTC"), "0123456", 9, 18)
    assert not hours.include_all(utc_s("2020-03-18 08:45"), utc_s("2020-03-18 09:15"))
    assert hours.include_all(utc_s("2020-03-18 09:00"), utc_s("2020-03-18 09:30"))
