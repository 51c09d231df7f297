"""Forecasts are better than repeating last week, their bands hold what comes, and odd series do no harm."""

import gzip
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from tallygate.forecast import DAILY, HOURLY, Forecast, Seasons, forecast

LOG = Path(__file__).parents[1] / "data" / "apache_access_10k.log.gz"


def generated(days: int, seed: int, trend: float = 0.5) -> list[int]:
    """Hits by day: quiet weekends, growth, noise."""
    dice = np.random.default_rng(seed)
    day = np.arange(days)
    level = 1_000 + trend * day
    values = level * np.where(day % 7 >= 5, 0.4, 1.0) * dice.normal(1, 0.05, days)
    return [int(max(value, 0)) for value in values]


def hourly(weeks: int, seed: int) -> list[int]:
    """Hits by hour: days and nights, weekends, noise."""
    dice = np.random.default_rng(seed)
    hour = np.arange(weeks * 168)
    shape = 1 + np.sin((hour % 24 - 6) * 2 * np.pi / 24)
    values = 500 * shape * np.where(hour % 168 >= 120, 0.5, 1.0) * dice.normal(1, 0.08, len(hour))
    return [int(max(value, 0)) for value in values]


def by_hour() -> list[int]:
    """Requests of the real access log, by hour."""
    stamps = re.findall(rb"\[([^\]]+)\]", gzip.decompress(LOG.read_bytes()))
    hours = Counter(int(datetime.strptime(each.decode(), "%d/%b/%Y:%H:%M:%S %z").timestamp()) // 3_600 for each in stamps)  # fmt: skip
    first, last = min(hours) + 1, max(hours)
    return [hours[hour] for hour in range(first, last)]


def errors(values: list[int], ahead: int, seasons: Seasons) -> tuple[float, float, float]:
    """Mean absolute error in percent of the mean: of the forecast, of repeating the last season; and how much the band held."""
    known, came = values[:-ahead], np.array(values[-ahead:])
    found = forecast(known, ahead, seasons)
    assert found is not None
    longest = max(each for each in seasons.lengths if len(known) >= 3 * each)
    repeated = np.resize(known[-longest:], ahead)
    held = np.mean((came >= found.lower) & (came <= found.upper))
    mean = came.mean()
    return (
        float(np.abs(came - found.values).mean() / mean * 100),
        float(np.abs(came - repeated).mean() / mean * 100),
        float(held * 100),
    )


@pytest.mark.parametrize(
    ("make", "ahead", "seasons"),
    [(lambda seed: generated(180, seed), 30, DAILY), (lambda seed: hourly(6, seed), 72, HOURLY)],
    ids=["by day", "by hour"],
)
def test_generated_series_are_forecast_better_than_by_repetition(make, ahead, seasons) -> None:
    """Over ten series: a smaller error than repeating last week, and bands that hold most of what comes."""
    found = np.array([errors(make(seed), ahead, seasons) for seed in range(10)])
    error, repeated, held = found.mean(axis=0)
    print(f"error {error:.1f} %, by repetition {repeated:.1f} %, in the band {held:.0f} %")
    assert error < repeated
    assert held >= 75


def test_the_real_access_log_is_forecast_better_than_by_repetition() -> None:
    """Its last nine hours from the three days before."""
    error, repeated, held = errors(by_hour(), 9, HOURLY)
    print(f"error {error:.1f} %, by repetition {repeated:.1f} %, in the band {held:.0f} %")
    assert error < repeated
    assert held >= 50


def test_a_season_continues() -> None:
    """Weekends stay quiet."""
    found = forecast(generated(140, 1, trend=0), 14, DAILY)
    assert found is not None
    weekdays = [value for index, value in enumerate(found.values) if index % 7 < 5]
    weekends = [value for index, value in enumerate(found.values) if index % 7 >= 5]
    assert max(weekends) < min(weekdays)


@pytest.mark.parametrize(
    "values",
    [[], [0] * 100, [5] * 20, [3, 4, 5]],
    ids=["nothing", "zeros", "two weeks and a bit less than three", "three days"],
)
def test_where_too_little_is_known_nothing_is_said(values: list[int]) -> None:
    assert forecast(values, 7, DAILY) is None


@pytest.mark.parametrize(
    "values",
    [
        [7] * 100,
        [0] * 60 + [5] * 30,
        [0, 0, 0, 0, 0, 0, 1] * 10,
        [10**15] * 50 + [1],
        [1] * 50 + [10**9],
        list(range(100)),
        list(range(100, 0, -1)),
    ],
)
def test_odd_series_give_finite_numbers_that_are_not_negative(values: list[int]) -> None:
    found = forecast(values, 30, DAILY)
    assert isinstance(found, Forecast)
    for lower, value, upper in zip(found.lower, found.values, found.upper, strict=True):
        assert 0 <= lower <= value <= upper < float("inf")
