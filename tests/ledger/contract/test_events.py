"""Which events every ledger raises, when, and in which order."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import IdConflict
from tallygate.domain.limits import PERIOD_BY_NAME
from tallygate.ledger.contract import Ledger
from tallygate.ledger.entry import Entry
from tallygate.ledger.events import Alert, Event
from tallygate.ledger.usage import LimitOn, Usage

DAY_S = 86_400
LEVELS = (50, 80, 100, 120)
FIRST = ["first_traffic", "first_daily_traffic"]


def limit(maximum: int, metric: str = "hits", period: str = "eternity") -> LimitOn:
    return LimitOn(metric, PERIOD_BY_NAME[period], maximum)


def prepared(
    ledger: Ledger,
    delta: int | None = 1,
    limits: Sequence[LimitOn] = (),
    application: str = "a",
    service: str = "1",
    levels: Sequence[int] = LEVELS,
) -> Any:
    """A call that counts hits; `delta` None: it counts nothing."""
    usage = None if delta is None else Usage((("hits", delta),))
    return ledger.prepare(service, application, limits, usage, levels=levels)


async def count(ledger: Ledger, delta: int = 1, entry_id: str = "", **of: Any) -> bool:
    """Whether a call passes."""
    return (await ledger.check_and_record(prepared(ledger, delta, **of), entry_id)).authorized


async def report(
    ledger: Ledger, clock: ManualClock, delta: int = 1, application: str = "a", **of: Any
) -> None:
    entry = Entry("1", application, clock.now_ms(), (("hits", delta),))
    watched = [prepared(ledger, None, application=application, **of)]
    await ledger.record([entry], watched=watched).batch


def told(events: Sequence[Event]) -> list[tuple[str, str]]:
    return [(event.application, event.kind) for event in events]


def levels(events: Sequence[Event]) -> list[int]:
    return [event.alert.level for event in events if event.alert is not None]


async def test_traffic_is_told_once_and_once_again_each_day(
    ledger: Ledger, clock: ManualClock
) -> None:
    """The first call ever raises both events, the first of a later UTC day one, others none."""
    await count(ledger)
    await count(ledger)
    assert [event.kind for event in await ledger.events()] == FIRST
    clock.advance(DAY_S // 2 - 1)
    await count(ledger)
    assert len(await ledger.events()) == 2
    clock.advance(1)
    await count(ledger)
    await count(ledger)
    assert [event.kind for event in await ledger.events()] == [*FIRST, "first_daily_traffic"]


async def test_an_event_says_when_it_was_noticed_and_whose_it_is(
    ledger: Ledger, clock: ManualClock
) -> None:
    """Ids are one sequence from 1; the time is the ledger's, not that of a transaction."""
    old = Entry("2", "b", clock.now_ms() - 3_000_000, (("hits", 1),))
    await ledger.record([old]).batch
    now_s = clock.now_s()
    assert await ledger.events() == [
        Event(1, "first_traffic", now_s, "2", "b"),
        Event(2, "first_daily_traffic", now_s, "2", "b"),
    ]


async def test_traffic_of_each_application_of_each_service_is_told(ledger: Ledger) -> None:
    await count(ledger, application="a")
    await count(ledger, application="b")
    await count(ledger, application="a", service="2")
    found = [(each.service, each.application, each.kind) for each in await ledger.events()]
    who = [("1", "a"), ("1", "b"), ("2", "a")]
    assert sorted(found) == sorted((*names, kind) for names in who for kind in FIRST)


async def test_what_counts_nothing_is_no_traffic(ledger: Ledger) -> None:
    """Neither a call that is denied, nor one without usage, nor a check."""
    assert not await count(ledger, 2, limits=[limit(1)])
    await ledger.check_and_record(prepared(ledger, None))
    await ledger.check(prepared(ledger))
    await ledger.record([]).batch
    assert await ledger.events() == []


async def test_a_set_is_traffic_and_raises_alerts(ledger: Ledger) -> None:
    usage = Usage((), (("hits", 8),))
    await ledger.check_and_record(ledger.prepare("1", "a", [limit(10)], usage, levels=LEVELS))
    assert [event.kind for event in await ledger.events()] == [*FIRST, "alert", "alert"]
    assert levels(await ledger.events()) == [80, 50]


async def test_a_jump_raises_each_level_the_highest_first(ledger: Ledger) -> None:
    """After the events of traffic; each alert tells its level and the limit as it stands."""
    await count(ledger, 9, limits=[limit(10, period="day")])
    events = await ledger.events()
    assert [event.kind for event in events] == [*FIRST, "alert", "alert"]
    assert [event.alert for event in events[2:]] == [
        Alert(1, 80, "hits", "day", 9, 10),
        Alert(2, 50, "hits", "day", 9, 10),
    ]


async def test_alerts_of_a_batch_come_after_its_traffic(ledger: Ledger, clock: ManualClock) -> None:
    """Traffic of all applications in the order in which they were met, then alerts."""
    entries = [Entry("1", who, clock.now_ms(), (("hits", 9),)) for who in "bab"]
    watched = [prepared(ledger, None, [limit(10)], who, levels=(90,)) for who in "ba"]
    await ledger.record(entries, watched=watched).batch
    assert told(await ledger.events()) == [
        *(("b", kind) for kind in FIRST),
        *(("a", kind) for kind in FIRST),
        ("b", "alert"),
        ("a", "alert"),
    ]


async def test_only_levels_that_were_asked_for_are_raised(ledger: Ledger) -> None:
    """What is above the highest of them is told by that one; without levels nothing is."""
    await count(ledger, 60, limits=[limit(100)], levels=(90, 100))
    assert levels(await ledger.events()) == []
    await count(ledger, 39, limits=[limit(100)], levels=(90, 100))
    assert levels(await ledger.events()) == [90]
    await count(ledger, 1, limits=[limit(100)], levels=())
    assert levels(await ledger.events()) == [90]


async def test_the_limit_that_is_used_most_is_the_one_that_is_told(ledger: Ledger) -> None:
    """Of two that are used alike the first; limits of nought do not count."""
    limits = [limit(0, "other"), limit(100), limit(10, period="day"), limit(10, period="hour")]
    await count(ledger, 8, limits=limits, levels=(80,))
    (alert,) = [event.alert for event in await ledger.events() if event.alert]
    assert alert == Alert(1, 80, "hits", "day", 8, 10)


async def test_a_level_is_reached_exactly(ledger: Ledger) -> None:
    """No rounding: 4,999 of 10,000 are not 50 %, nor is one less than half of a number with sixteen digits."""
    await count(ledger, 4_999, limits=[limit(10_000)])
    huge = 2**52
    await count(ledger, huge // 2 - 1, limits=[limit(huge)], application="b")
    assert levels(await ledger.events()) == []
    await count(ledger, 1, limits=[limit(10_000)])
    await count(ledger, 1, limits=[limit(huge)], application="b")
    assert levels(await ledger.events()) == [50, 50]


async def test_levels_above_a_hundred_are_reached_by_reports(
    ledger: Ledger, clock: ManualClock
) -> None:
    """What has happened already asks for no limit."""
    await report(ledger, clock, 13, limits=[limit(10)])
    assert levels(await ledger.events()) == [120, 100, 80, 50]


async def test_a_level_is_silent_for_a_day_and_is_raised_again_afterwards(
    ledger: Ledger, clock: ManualClock
) -> None:
    """Each level for itself, whatever the metric and the period."""
    await count(ledger, 50, limits=[limit(100)])
    clock.advance(DAY_S // 2)
    await count(ledger, 30, limits=[limit(100)])
    assert levels(await ledger.events()) == [50, 80]
    clock.advance(DAY_S // 2 - 1)
    await count(ledger, limits=[limit(100)])
    await report(ledger, clock, limits=[limit(100, period="year")])
    assert levels(await ledger.events()) == [50, 80]
    clock.advance(1)
    await report(ledger, clock, limits=[limit(100)])
    assert levels(await ledger.events()) == [50, 80, 50]
    clock.advance(DAY_S)
    await count(ledger, limits=[limit(100)])
    assert levels(await ledger.events()) == [50, 80, 50, 80, 50]


async def test_a_level_that_is_forgotten_is_raised_again_at_once(ledger: Ledger) -> None:
    """It can be forgotten once, and one that was not raised cannot."""
    await count(ledger, 8, limits=[limit(10)])
    assert await ledger.forget_alert("1", "a", 80)
    assert not await ledger.forget_alert("1", "a", 80)
    assert not await ledger.forget_alert("1", "a", 100)
    assert not await ledger.forget_alert("1", "b", 80)
    await count(ledger, 1, limits=[limit(10)])
    assert levels(await ledger.events()) == [80, 50, 80]


async def test_levels_of_one_application_do_not_silence_another(ledger: Ledger) -> None:
    await count(ledger, 5, limits=[limit(10)])
    await count(ledger, 5, limits=[limit(10)], application="b")
    await count(ledger, 5, limits=[limit(10)], service="2")
    assert levels(await ledger.events()) == [50, 50, 50]


async def test_a_repetition_and_a_conflict_raise_nothing(ledger: Ledger) -> None:
    assert await count(ledger, entry_id="x")
    before = await ledger.events()
    assert await count(ledger, entry_id="x")
    with pytest.raises(IdConflict):
        await count(ledger, 2, entry_id="x")
    assert await ledger.events() == before


async def test_a_call_with_an_id_raises_what_one_without_does(ledger: Ledger) -> None:
    await count(ledger, 9, entry_id="x", limits=[limit(10)])
    assert told(await ledger.events()) == [("a", kind) for kind in (*FIRST, "alert", "alert")]


async def test_imported_history_raises_nothing_and_takes_nothing_away(
    ledger: Ledger, clock: ManualClock
) -> None:
    """The first traffic after it is the application's first."""
    old = [Entry("1", "a", clock.now_ms(), (("hits", 9),), id=str(n)) for n in range(3)]
    await ledger.record(old, keep_ids=True).batch
    assert await ledger.events() == []
    await count(ledger)
    assert [event.kind for event in await ledger.events()] == FIRST


async def test_parallel_calls_raise_each_event_once(ledger: Ledger) -> None:
    call = prepared(ledger, 1, [limit(50)])
    verdicts = await asyncio.gather(*[ledger.check_and_record(call) for _ in range(80)])
    assert sum(verdict.authorized for verdict in verdicts) == 50
    events = await ledger.events()
    assert [event.kind for event in events[:2]] == FIRST
    assert sorted(levels(events)) == [50, 80, 100]
    assert [event.id for event in events] == [1, 2, 3, 4, 5]


async def test_events_are_deleted_by_id_and_up_to_an_id(ledger: Ledger) -> None:
    """Deleted ones do not come back, nor are their ids used again."""
    for who in "abc":
        await count(ledger, application=who)
    assert await ledger.delete_events(3, 3) == 1
    assert await ledger.delete_events(3, 3) == 0
    assert [event.id for event in await ledger.events()] == [1, 2, 4, 5, 6]
    assert await ledger.delete_events(1, 4) == 3
    assert await ledger.delete_events(1, 10**30) == 2
    assert await ledger.delete_events(-(10**30), -1) == 0
    assert await ledger.delete_events(10**30, 10**30) == 0
    assert await ledger.events() == []
    await count(ledger, application="a")
    assert await ledger.events() == []
    await count(ledger, application="d")
    assert [event.id for event in await ledger.events()] == [7, 8]


async def test_a_forgotten_service_begins_anew(ledger: Ledger) -> None:
    """Its next traffic is the first, its levels may be raised; what was told stays, and other services know no change."""
    await count(ledger, 5, limits=[limit(10)])
    await count(ledger, service="2")
    before = await ledger.events()
    await ledger.forget("1")
    assert await ledger.events() == before
    await count(ledger, 5, limits=[limit(10)])
    await count(ledger, service="2")
    after = (await ledger.events())[len(before) :]
    assert [event.kind for event in after] == [*FIRST, "alert"]


async def test_it_is_somebodys_turn_to_tell_of_events_once_a_minute(
    ledger: Ledger, clock: ManualClock
) -> None:
    """While there are some; so many as ask at once, one has the turn."""
    assert not await ledger.claim_notice()
    await count(ledger)
    turns = await asyncio.gather(*[ledger.claim_notice() for _ in range(5)])
    assert sorted(turns) == [False, False, False, False, True]
    clock.advance(59)
    assert not await ledger.claim_notice()
    clock.advance(1)
    assert await ledger.claim_notice()
    clock.advance(60)
    await ledger.delete_events(1, 2)
    assert not await ledger.claim_notice()


async def test_events_that_nobody_deletes_go_after_thirty_days(
    ledger: Ledger, clock: ManualClock
) -> None:
    await count(ledger, application="a")
    clock.advance(30 * DAY_S)
    await count(ledger, application="b")
    assert {event.application for event in await ledger.events()} == {"a", "b"}
    clock.advance(1)
    await count(ledger, application="c")
    assert {event.application for event in await ledger.events()} == {"b", "c"}
