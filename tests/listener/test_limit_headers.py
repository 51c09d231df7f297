"""The most constrained limit of a call, as headers tell it."""

import pytest

from tallygate.domain.limits import DAY, ETERNITY, HOUR, MINUTE, MONTH, epoch_at
from tallygate.ledger.usage import LimitOn
from tallygate.listener.limit_headers import limit_headers

NOW_MS = 1_707_915_296_500  # 2024-02-14 12:54:56.5 UTC
EPOCH = epoch_at(NOW_MS // 1000)
NONE = {"remaining": "-1", "reset": "-1"}


def headers(*limits: tuple[LimitOn, int], units: dict[str, int] | None) -> dict[str, str]:
    """For limits with their current values."""
    found = limit_headers([each for each, _ in limits], [value for _, value in limits], units, EPOCH, NOW_MS)  # fmt: skip
    return {name.removeprefix("3scale-limit-"): value for name, value in found}


def test_what_is_left_is_counted_in_calls_like_this_one() -> None:
    """A limit of 10 of which 2 are used lets calls of 2 pass four more times."""
    limit = LimitOn("1", DAY, 10)
    assert headers((limit, 2), units={"1": 2})["remaining"] == "4"
    assert headers((limit, 1), units={"1": 2})["remaining"] == "4"
    assert headers((limit, 0), units={"1": 1})["remaining"] == "10"


def test_a_call_without_usage_is_unlimited_until_a_limit_is_used_up() -> None:
    limit = LimitOn("1", DAY, 10)
    assert headers((limit, 9), units=None) == NONE
    assert headers((limit, 9), units={"1": 0}) == NONE
    assert headers((limit, 10), units=None)["remaining"] == "0"
    assert headers((limit, 11), units={"1": 0})["remaining"] == "0"


def test_without_any_limit_there_is_no_maximum_to_tell() -> None:
    assert headers(units={"1": 1}) == NONE
    assert headers(units=None) == NONE


def test_limits_of_other_metrics_do_not_matter_to_a_call_with_usage() -> None:
    used_up, open_ = LimitOn("2", DAY, 1), LimitOn("1", DAY, 10)
    assert headers((open_, 0), (used_up, 1), units={"1": 1})["remaining"] == "10"
    assert headers((used_up, 1), units={"1": 1}) == NONE


def test_the_limit_with_the_least_left_is_told_and_of_equals_the_longer_period() -> None:
    day, hour, month = LimitOn("1", DAY, 10), LimitOn("1", HOUR, 5), LimitOn("2", MONTH, 5)
    units = {"1": 1, "2": 1}
    assert headers((day, 0), (hour, 0), units=units)["max-value"] == "5"
    assert headers((day, 5), (hour, 0), units=units)["max-value"] == "10"
    assert headers((hour, 0), (month, 0), units=units)["reset"] == "1335904"
    first, second = LimitOn("1", DAY, 7), LimitOn("2", DAY, 8)
    assert headers((first, 0), (second, 1), units=units)["max-value"] == "7"


@pytest.mark.parametrize(
    ("period", "reset_s"), [(MINUTE, 4), (HOUR, 304), (DAY, 39_904), (ETERNITY, -1)]
)
def test_reset_is_the_rest_of_the_period_rounded_up_to_seconds(period: int, reset_s: int) -> None:
    assert headers((LimitOn("1", period, 5), 0), units={"1": 1}) == {
        "remaining": "5",
        "reset": str(reset_s),
        "max-value": "5",
    }
