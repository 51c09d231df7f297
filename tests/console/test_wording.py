"""Numbers, changes and small charts as people read them."""

import pytest

from tallygate.console import wording
from tallygate.console.change import change
from tallygate.console.sparkline import sparkline


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1234567, "1,234,567"), (-1234, "\N{MINUS SIGN}1,234")],
)
def test_thousands_are_separated(value, text):
    assert wording.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2.25, "2.2"),
        (3.0, "3"),
        (99.96, "100.0"),
        (1234.5, "1,234"),
        (-0.5, "\N{MINUS SIGN}0.5"),
    ],
)
def test_parts_of_numbers_have_the_digits_that_matter(value, text):
    assert wording.decimal(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (16.666, "16.7%"), (50.0, "50%"), (250.3, "250%"), (99.96, "100.0%")],
)
def test_percent_has_the_digits_that_matter(share, text):
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 second"),
        (60, "60 seconds"),
        (61, "2 minutes"),
        (900, "15 minutes"),
        (3601, "2 hours"),
    ],
)
def test_a_wait_is_never_told_too_short(seconds, text):
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [("hit", "hits"), ("byte", "bytes"), ("MB", "MB"), ("hits", "hits"), ("s", "s")],
)
def test_units_that_are_words_get_a_plural(unit, text):
    assert wording.plural(unit) == text


def test_a_change_tells_its_direction_in_words_too():
    assert change(150, 100)[:2] == ("up", "50%")
    assert change(50, 100)[:2] == ("down", "50%")
    assert change(100, 100).spoken == "unchanged,"


def test_there_is_no_change_from_nothing():
    assert change(5, 0) is None


def test_a_sparkline_begins_at_zero_and_its_top_is_the_greatest_value():
    drawn = sparkline([0, 5, 10])
    assert drawn.line == "M0.00 24.00L50.00 12.00L100.00 0.00"
    assert drawn.area == f"{drawn.line}V24H0Z"


def test_a_sparkline_of_zeros_lies_on_the_base_line():
    assert sparkline([0, 0]).line == "M0.00 24.00L100.00 24.00"
