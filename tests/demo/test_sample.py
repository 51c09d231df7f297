"""The demo's sample is plausible, and the same each time it is made."""

from collections import Counter

import pytest

from tallygate.demo import sample
from tallygate.demo.cast import CONSUMERS, METHODS
from tallygate.importing.sink import Usage

END_S = 1_795_000_000
APPLICATIONS = [f"app{number}" for number in range(len(CONSUMERS))]


@pytest.fixture(scope="module")
def hits() -> list[Usage]:
    return list(sample.hits(END_S, APPLICATIONS))


def test_it_is_the_same_each_time(hits: list[Usage]) -> None:
    """Made again for the same end, the sample has the same hits with the same ids."""
    assert list(sample.hits(END_S, APPLICATIONS)) == hits
    assert len({hit.id for hit in hits}) == len(hits)


def test_it_fills_the_weeks_before_its_end(hits: list[Usage]) -> None:
    """There are hits on each day of five weeks, and none after the end."""
    days = Counter(hit.time_ms // 86_400_000 for hit in hits)
    assert max(hit.time_ms for hit in hits) < END_S * 1000
    assert len(days) in (sample.DAYS, sample.DAYS + 1)
    assert 10_000 < len(hits) < 30_000


def test_everyone_and_everything_appears(hits: list[Usage]) -> None:
    """Each application calls, each method is called, and there are errors among the answers."""
    assert {hit.application for hit in hits} == set(APPLICATIONS)
    assert {name for hit in hits for name in hit.usage} == {method.name for method in METHODS}
    codes = Counter(hit.code for hit in hits)
    assert codes[200] > 0.8 * len(hits)
    assert {201, 400, 404, 429, 500, 503} <= set(codes)


def test_an_office_sleeps_at_night_and_on_sundays(hits: list[Usage]) -> None:
    """The applications have rhythms of their own."""
    office = [
        hit
        for hit in hits
        if hit.application == APPLICATIONS[[c.application for c in CONSUMERS].index("Back office")]
    ]
    hours = Counter(hit.time_ms // 3_600_000 % 24 for hit in office)
    sundays = [hit for hit in office if (hit.time_ms // 86_400_000 + 4) % 7 == 0]
    assert hours[10] > 100
    assert hours[2] == 0
    assert len(sundays) < len(office) / 30
