"""Counters against a slow model that keeps every count with its time."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from tallygate.domain.limits import ETERNITY, PERIOD_BY_NAME, Epoch, epoch_at
from tallygate.ledger.embedded.counters import (
    ApplicationCounters,
    add_at,
    new_counter,
    roll,
    set_at,
    value,
)

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z: a leap day, a Thursday

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1, 59, 60, 3_600, 86_400, 7 * 86_400, 40 * 86_400])),
        st.tuples(st.just("add"), st.integers(-86_400, 3_600), st.integers(0, 9)),
    ),
    max_size=40,
)  # fmt: skip


def start_of(period: str, at_s: int) -> tuple[int, ...] | None:
    """The period that contains an instant, by Python's own calendar."""
    moment = datetime.datetime.fromtimestamp(at_s, datetime.UTC)
    return {
        "minute": (*moment.timetuple()[:5],),
        "hour": (*moment.timetuple()[:4],),
        "day": (*moment.timetuple()[:3],),
        "week": moment.isocalendar()[:2],
        "month": (moment.year, moment.month),
        "year": (moment.year,),
        "eternity": (),
    }[period]


@given(STEPS)
def test_every_period_holds_the_sum_of_what_falls_into_it(steps: list[tuple]) -> None:
    """Late, early and present counts, over any passage of time, in all seven periods."""
    now_s, counted = NOON_S, []
    counter = new_counter(epoch_at(now_s))
    for step in steps:
        if step[0] == "wait":
            now_s += step[1]
            roll(counter, epoch_at(now_s))
        else:
            at_s = now_s + step[1]
            add_at(counter, step[2], epoch_at(at_s))
            counted.append((at_s, step[2]))
        for name, period in PERIOD_BY_NAME.items():
            now = start_of(name, now_s)
            model = sum(delta for at_s, delta in counted if start_of(name, at_s) == now)
            assert model == value(counter, period), name


@given(STEPS)
def test_packing_loses_nothing(steps: list[tuple]) -> None:
    now_s = NOON_S
    application = ApplicationCounters("1", "a")
    application.counter("m", epoch_at(now_s))
    for step in steps:
        if step[0] == "wait":
            now_s += step[1]
        else:
            counter = application.counter("m", epoch_at(now_s))
            add_at(counter, step[2], epoch_at(now_s + step[1]))
    again = ApplicationCounters("1", "a")
    again.unpack(application.pack())
    later = epoch_at(now_s + 3_600)
    assert application.by_metric == again.by_metric
    assert application.values("m", later) == again.values("m", later)


def test_a_set_counts_in_every_period_that_contains_it() -> None:
    now = epoch_at(NOON_S)
    counter = new_counter(now)
    add_at(counter, 5, epoch_at(NOON_S - 86_400))
    assert set_at(counter, 3, now) == -2
    assert [value(counter, period) for period in range(ETERNITY + 1)] == [3] * 7


def test_a_set_of_the_past_leaves_running_periods_alone_that_do_not_contain_it() -> None:
    now = epoch_at(NOON_S)
    counter = new_counter(now)
    add_at(counter, 5, now)
    set_at(counter, 9, epoch_at(NOON_S - 3_600))
    held = {name: value(counter, period) for name, period in PERIOD_BY_NAME.items()}
    assert held == {
        "minute": 5, "hour": 5, "day": 9, "week": 9, "month": 9, "year": 9, "eternity": 9,
    }  # fmt: skip


def test_a_set_ahead_of_its_time_begins_with_its_period() -> None:
    counter = new_counter(epoch_at(NOON_S))
    add_at(counter, 5, epoch_at(NOON_S))
    set_at(counter, 2, epoch_at(NOON_S + 3_600))
    assert value(counter, PERIOD_BY_NAME["hour"]) == 5
    roll(counter, epoch_at(NOON_S + 3_600))
    assert value(counter, PERIOD_BY_NAME["hour"]) == 2


@given(st.integers(0, 4_102_444_800))
def test_an_epoch_knows_the_bounds_of_all_its_periods(at_s: int) -> None:
    epoch = Epoch(at_s)
    for name, period in PERIOD_BY_NAME.items():
        if period == ETERNITY:
            continue
        start_s, end_s = epoch.starts_s[period], epoch.end_s(period)
        assert start_s <= at_s < end_s
        here = start_of(name, at_s)
        assert start_of(name, start_s) == here == start_of(name, end_s - 1)
        assert start_of(name, start_s - 1) != here != start_of(name, end_s)
