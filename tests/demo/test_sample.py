"""The demo's sample is plausible, and the same each time it is made."""

from collections import Counter

import pytest

from tallygate.demo import sample
from tallygate.demo.cast import CONSUMERS, METHODS
from tallygate.demo.traffic import LONGEST_MEAN_PAUSE_S
from tallygate.importing.sink import Usage

END_S = 1_795_000_000
APPLICATIONS = [f"app{number}" for number in range(len(CONSUMERS))]


BACK_OFFICE = [consumer.application for consumer in CONSUMERS].index("Back office")


@pytest.fixture(scope="module")
def reports() -> list[Usage]:
    return list(sample.reports(END_S, APPLICATIONS))


def calls(reports: list[Usage], unit_s: int) -> Counter[int]:
    """Calls by hours or days since 1970."""
    found: Counter[int] = Counter()
    for report in reports:
        found[report.time_ms // 1000 // unit_s] += sum(report.usage.values())
    return found


def test_it_is_the_same_each_time(reports: list[Usage]) -> None:
    """Made again for the same end, the sample has the same reports with the same ids."""
    assert list(sample.reports(END_S, APPLICATIONS)) == reports
    assert len({report.id for report in reports}) == len(reports)


def test_it_fills_the_days_before_its_end(reports: list[Usage]) -> None:
    """There is usage in each hour of all days, nothing after the end, and little enough to be made quickly."""
    hours = calls(reports, 3_600)
    assert max(report.time_ms for report in reports) < END_S * 1000
    assert len(hours) in (sample.DAYS * 24, sample.DAYS * 24 + 1)
    assert len(reports) < 40_000


def test_live_traffic_goes_on_as_the_sample_ends(reports: list[Usage]) -> None:
    """Each hour of the sample's last day holds about as many calls as live traffic makes at such an hour."""
    hours = calls(reports, 3_600)
    last = END_S // 3_600
    for hour in range(last - 24, last):
        mean = sum(consumer.calls_per_hour(hour * 3_600) for consumer in CONSUMERS)
        live = max(mean, 3_600 / LONGEST_MEAN_PAUSE_S)
        assert 0.7 * live < hours[hour] < 1.2 * live


def test_the_last_30_days_compare_with_those_before(reports: list[Usage]) -> None:
    """The comparison shows a modest growth."""
    days = calls(reports, 86_400)
    last = END_S // 86_400
    now = sum(days[day] for day in range(last - 30, last))
    before = sum(days[day] for day in range(last - 60, last - 30))
    assert 1.05 < now / before < 1.3


def test_everyone_and_everything_appears(reports: list[Usage]) -> None:
    """Each application calls, each method is called, and there are errors among the answers."""
    assert {report.application for report in reports} == set(APPLICATIONS)
    assert {name for report in reports for name in report.usage} == {
        method.name for method in METHODS
    }
    codes = Counter(report.code for report in reports)
    assert codes[200] + codes[201] > 0.9 * len(reports)
    assert {201, 400, 404, 429, 500, 503} <= set(codes)


def test_an_office_sleeps_at_night_and_on_sundays(reports: list[Usage]) -> None:
    """The applications have rhythms of their own."""
    office = [report for report in reports if report.application == APPLICATIONS[BACK_OFFICE]]
    hours = {report.time_ms // 3_600_000 % 24 for report in office}
    days = calls(office, 86_400)
    sundays = sum(count for day, count in days.items() if (day + 4) % 7 == 0)
    assert 10 in hours
    assert 2 not in hours
    assert sundays < sum(days.values()) / 30
