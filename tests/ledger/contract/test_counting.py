"""What every ledger promises of checking and counting, whatever it is kept on."""

import asyncio
from typing import Any

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import IdConflict
from tallygate.domain.limits import NAME_BY_PERIOD, PERIOD_BY_NAME, epoch_at
from tallygate.ledger.contract import Ledger
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import LimitOn, Usage

ALL_PERIODS = [LimitOn("hits", period, 10**9) for period in NAME_BY_PERIOD]


def limit(maximum: int, period: str = "day", metric: str = "hits") -> LimitOn:
    return LimitOn(metric, PERIOD_BY_NAME[period], maximum)


def call(
    ledger: Ledger, *limits: LimitOn, delta: int = 1, application: str = "a", **given: Any
) -> Any:
    usage = Usage((("method", delta), ("hits", delta)))
    return ledger.prepare("1", application, limits, usage, **given)


def setting(ledger: Ledger, value: int, *limits: LimitOn) -> Any:
    return ledger.prepare("1", "a", limits, Usage((), (("hits", value),)))


def reported(clock: ManualClock, *, delta: int = 1, age_s: int = 0, **given: Any) -> Entry:
    at_ms = clock.now_ms() - age_s * 1000
    return Entry("1", "a", at_ms, (("method", delta), ("hits", delta)), **given)


async def hits(ledger: Ledger) -> dict[str, int]:
    """The values of all periods."""
    values = await ledger.utilization("1", "a", ALL_PERIODS)
    return {
        NAME_BY_PERIOD[each.period]: value for each, value in zip(ALL_PERIODS, values, strict=True)
    }


async def test_a_limit_lets_exactly_its_maximum_pass(ledger: Ledger) -> None:
    prepared = call(ledger, limit(50))
    verdicts = [await ledger.check_and_record(prepared) for _ in range(60)]
    assert [verdict.authorized for verdict in verdicts] == [True] * 50 + [False] * 10
    assert [verdict.values[0] for verdict in verdicts] == [*range(1, 51), *[50] * 10]


async def test_parallel_calls_pass_exactly_as_often_as_allowed(ledger: Ledger) -> None:
    prepared = [call(ledger, limit(50)) for _ in range(7)]
    verdicts = await asyncio.gather(
        *(ledger.check_and_record(prepared[number % 7]) for number in range(500))
    )
    assert sum(verdict.authorized for verdict in verdicts) == 50
    assert sorted(verdict.values[0] for verdict in verdicts if verdict.authorized) == [
        *range(1, 51)
    ]


@pytest.mark.parametrize("period", PERIOD_BY_NAME)
async def test_a_limit_begins_anew_with_its_period(
    ledger: Ledger, clock: ManualClock, period: str
) -> None:
    prepared = call(ledger, limit(2, period))
    steps = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 7 * 86_400, "month": 31 * 86_400}
    passed = [(await ledger.check_and_record(prepared)).authorized for _ in range(3)]
    assert passed == [True, True, False]
    clock.advance(steps.get(period, 366 * 86_400))
    verdict = await ledger.check_and_record(prepared)
    assert verdict.authorized == (period != "eternity")
    assert verdict.epoch == epoch_at(clock.now_s())


async def test_a_limit_added_later_finds_what_was_counted_before(ledger: Ledger) -> None:
    for _ in range(7):
        await ledger.check_and_record(call(ledger))
    later = call(ledger, limit(9))
    passed = [(await ledger.check_and_record(later)).authorized for _ in range(4)]
    assert passed == [True, True, False, False]


async def test_limits_of_other_metrics_are_ignored_even_if_exceeded(ledger: Ledger) -> None:
    await ledger.check_and_record(call(ledger, delta=5))
    other = ledger.prepare("1", "a", [limit(4)], Usage((("other", 1),)))
    assert (await ledger.check_and_record(other)).authorized
    assert (await ledger.check(other)).values == (5,)


async def test_a_call_without_usage_is_denied_only_above_a_limit(ledger: Ledger) -> None:
    await ledger.check_and_record(call(ledger, delta=5))
    for maximum, expected in ((5, True), (4, False)):
        asked = ledger.prepare("1", "a", [limit(maximum)], None)
        assert (await ledger.check(asked)).authorized == expected
        assert (await ledger.check_and_record(asked)).authorized == expected


async def test_nothing_is_counted_by_a_check(ledger: Ledger, logged: Any) -> None:
    prepared = call(ledger, limit(1))
    for _ in range(3):
        assert (await ledger.check(prepared)).authorized
    assert (await hits(ledger))["eternity"] == 0
    assert logged() == []


async def test_a_usage_of_nought_is_checked_and_not_counted(ledger: Ledger, logged: Any) -> None:
    await ledger.check_and_record(call(ledger, delta=3))
    for maximum, expected in ((3, True), (2, False)):
        verdict = await ledger.check_and_record(call(ledger, limit(maximum), delta=0))
        assert verdict.authorized == expected
    assert len(logged()) == 1


async def test_a_set_asks_only_whether_its_value_is_allowed(ledger: Ledger) -> None:
    await ledger.check_and_record(call(ledger, delta=9))
    assert not (await ledger.check_and_record(setting(ledger, 6, limit(5)))).authorized
    verdict = await ledger.check_and_record(setting(ledger, 5, limit(5)))
    assert (verdict.authorized, verdict.values) == (True, (5,))
    assert set((await hits(ledger)).values()) == {5}


async def test_the_log_adds_up_to_the_total_even_after_a_set(ledger: Ledger, logged: Any) -> None:
    await ledger.check_and_record(call(ledger, delta=9))
    await ledger.check_and_record(setting(ledger, 4))
    await ledger.check_and_record(call(ledger, delta=2))
    found = [dict(entry.usage)["hits"] for entry in logged()]
    assert found == [9, -5, 2]
    assert (await hits(ledger))["eternity"] == sum(found)


async def test_the_log_holds_what_was_counted_as_it_was(
    ledger: Ledger, logged: Any, clock: ManualClock
) -> None:
    await ledger.check_and_record(call(ledger, delta=3, code=404))
    recorded = ledger.record([reported(clock, delta=2, age_s=90, code=200, id="x")])
    await recorded.batch
    first, second = logged()
    assert first == Entry("1", "a", clock.now_ms(), (("method", 3), ("hits", 3)), 404)
    assert (second.time_ms, dict(second.usage), second.code, second.id) == (
        clock.now_ms() - 90_000,
        {"method": 2, "hits": 2},
        200,
        "x",
    )
    assert second.id_expires_s == clock.now_s() + 7 * 86_400


async def test_a_late_report_counts_in_its_own_periods(ledger: Ledger, clock: ManualClock) -> None:
    """A day ago: another minute, hour and day; the same week, month, year."""
    await ledger.record([reported(clock, delta=5, age_s=86_400)]).batch
    assert await hits(ledger) == {
        "minute": 0, "hour": 0, "day": 0, "week": 5, "month": 5, "year": 5, "eternity": 5,
    }  # fmt: skip


async def test_a_report_ahead_of_its_time_counts_when_its_period_begins(
    ledger: Ledger, clock: ManualClock
) -> None:
    await ledger.record([reported(clock, delta=5, age_s=-3_600)]).batch
    before = await hits(ledger)
    assert (before["hour"], before["day"], before["eternity"]) == (0, 5, 5)
    await ledger.check_and_record(call(ledger))
    clock.advance(3_600)
    after = await hits(ledger)
    assert (after["minute"], after["hour"], after["day"]) == (5, 5, 6)


async def test_a_set_of_another_day_changes_that_day_alone(
    ledger: Ledger, clock: ManualClock
) -> None:
    await ledger.check_and_record(call(ledger, delta=3))
    late = Entry("1", "a", clock.now_ms() - 86_400_000, (), sets=(("hits", 10),))
    await ledger.record([late]).batch
    values = await hits(ledger)
    assert (values["day"], values["week"], values["eternity"]) == (3, 10, 10)


async def test_a_clock_that_is_behind_takes_no_period_back(
    ledger: Ledger, clock: ManualClock
) -> None:
    """Of two listeners one may be a minute behind the other."""
    prepared = call(ledger, limit(3, "minute"))
    await ledger.check_and_record(prepared)
    clock.advance(-60)
    await ledger.record([reported(clock)]).batch
    clock.advance(60)
    values = await hits(ledger)
    assert (values["minute"], values["hour"], values["eternity"]) == (1, 1, 2)


async def test_calls_of_a_listener_whose_clock_is_behind_do_not_pass_a_limit(
    ledger: Ledger, clock: ManualClock
) -> None:
    """They count in the period that was begun already, in which they are checked."""
    prepared = call(ledger, limit(3, "hour"))
    assert (await ledger.check_and_record(prepared)).authorized
    clock.advance(-30)
    passed = [(await ledger.check_and_record(prepared)).authorized for _ in range(4)]
    assert passed == [True, True, False, False]
    assert not (await ledger.check_and_record(setting(ledger, 4, limit(3, "hour")))).authorized
    verdict = await ledger.check_and_record(setting(ledger, 2, limit(3, "hour")))
    assert verdict.values == (2,)


# Ids


async def test_a_repetition_is_acknowledged_although_the_limit_is_used_up_by_now(
    ledger: Ledger,
) -> None:
    """And neither counts nor makes room: another id is denied before and after."""
    prepared = call(ledger, limit(2))
    said = []
    for entry_id in ("a", "b", "c", "a", "b", "c"):
        verdict = await ledger.check_and_record(prepared, entry_id)
        said.append((verdict.authorized, verdict.repeated))
    assert said == [
        (True, False), (True, False), (False, False), (True, True), (True, True), (False, False),
    ]  # fmt: skip
    assert (await hits(ledger))["day"] == 2


async def test_the_same_id_with_another_content_is_an_error(ledger: Ledger) -> None:
    await ledger.check_and_record(call(ledger), "a")
    for other in (call(ledger, delta=2), call(ledger, code=200), setting(ledger, 1)):
        with pytest.raises(IdConflict):
            await ledger.check_and_record(other, "a")
    assert (await hits(ledger))["eternity"] == 1


async def test_ids_of_different_products_are_different(ledger: Ledger) -> None:
    usage = Usage((("hits", 1),))
    for service in ("1", "2"):
        verdict = await ledger.check_and_record(ledger.prepare(service, "a", [], usage), "same")
        assert not verdict.repeated


async def test_a_call_that_counts_nothing_takes_no_id(ledger: Ledger) -> None:
    for usage in (None, Usage((("hits", 0),))):
        await ledger.check_and_record(ledger.prepare("1", "a", [], usage), "a")
    assert not (await ledger.check_and_record(call(ledger), "a")).repeated


async def test_of_calls_at_once_under_one_id_one_counts(ledger: Ledger) -> None:
    prepared = call(ledger, limit(100))
    verdicts = await asyncio.gather(
        *(ledger.check_and_record(prepared, f"id{number % 5}") for number in range(100))
    )
    assert sum(not verdict.repeated for verdict in verdicts) == 5
    assert (await hits(ledger))["eternity"] == 5


async def test_a_value_that_is_set_counts_once_too(ledger: Ledger) -> None:
    """After others have counted on top of it, its repetition does not set it back."""
    first = await ledger.check_and_record(setting(ledger, 2), "a")
    await ledger.check_and_record(call(ledger))
    again = await ledger.check_and_record(setting(ledger, 2), "a")
    assert (first.repeated, again.repeated) == (False, True)
    assert (await hits(ledger))["eternity"] == 3


async def test_reported_ids_count_once_and_conflicts_are_told(
    ledger: Ledger, clock: ManualClock
) -> None:
    await ledger.check_and_record(call(ledger), "from a call")
    entries = [
        reported(clock, id="x"),
        reported(clock, id="x"),
        reported(clock, id="x", delta=3),
        reported(clock),
        reported(clock, id="from a call"),
        reported(clock, id="y"),
    ]
    recorded = ledger.record(entries)
    await recorded.batch
    assert list(recorded.accepted) == [0, 3, 5]
    assert list(recorded.duplicates) == [1, 4]
    assert [index for index, _ in recorded.conflicts] == [2]
    assert isinstance(recorded.conflicts[0][1], IdConflict)
    assert (await hits(ledger))["eternity"] == 4


async def test_entries_of_many_applications_count_each_on_its_own(
    ledger: Ledger, clock: ManualClock
) -> None:
    entries = [
        Entry("1", f"app{number % 30}", clock.now_ms(), (("hits", number),))
        for number in range(600)
    ]
    await ledger.record(entries).batch
    for number in (0, 7, 29):
        values = await ledger.utilization("1", f"app{number}", [limit(1)])
        assert values == (sum(range(number, 600, 30)),)


async def test_nothing_to_record_is_recorded_at_once(ledger: Ledger) -> None:
    recorded = ledger.record([])
    await recorded.batch
    assert (list(recorded.accepted), list(recorded.conflicts)) == ([], [])


async def test_names_may_hold_anything(ledger: Ledger, logged: Any) -> None:
    """Another control plane chooses them."""
    odd = ["a:b", "a%3Ab", "{x}", "a b", "ü\n", "@", "*"]
    for name in odd:
        usage = Usage(((name, 2),))
        prepared = ledger.prepare(name, name, [limit(2, metric=name)], usage)
        assert (await ledger.check_and_record(prepared, name)).authorized
        assert not (await ledger.check_and_record(prepared)).authorized
    assert {(entry.service, entry.application, entry.usage) for entry in logged()} == {
        (name, name, ((name, 2),)) for name in odd
    }


# Forgetting


async def test_a_forgotten_service_begins_at_nought_and_others_stay(
    ledger: Ledger, logged: Any, clock: ManualClock
) -> None:
    usage = Usage((("hits", 4),))
    for service, application in (("1", "a"), ("1", "b"), ("2", "a")):
        await ledger.check_and_record(ledger.prepare(service, application, [], usage))
    await ledger.forget("1")
    values = [
        await ledger.utilization(service, application, [limit(1)])
        for service, application in (("1", "a"), ("1", "b"), ("2", "a"))
    ]
    assert values == [(0,), (0,), (4,)]
    verdict = await ledger.check_and_record(ledger.prepare("1", "a", [limit(5)], usage))
    assert (verdict.authorized, verdict.values) == (True, (4,))
