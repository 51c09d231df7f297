"""What every ledger promises of forgetting one application of a service."""

from typing import Any

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.domain.limits import PERIOD_BY_NAME
from tallygate.ledger.contract import Ledger
from tallygate.ledger.entry import FORGET, Entry
from tallygate.ledger.usage import LimitOn, Usage

DAY = PERIOD_BY_NAME["day"]
NOBODY = {"counters": 0, "ids": 0, "events": 0}


async def count(ledger: Ledger, service: str, application: str, entry_id: str = "") -> Any:
    """One hit, with a limit of which the fifth hit reaches a level."""
    limits, usage = [LimitOn("hits", DAY, 10)], Usage((("hits", 1),))
    call = ledger.prepare(service, application, limits, usage, levels=[50])
    return await ledger.check_and_record(call, entry_id)


async def value(ledger: Ledger, service: str, application: str) -> int:
    (found,) = await ledger.utilization(service, application, [LimitOn("hits", DAY, 10)])
    return found


async def traces(ledger: Ledger, service: str, application: str) -> dict[str, int]:
    """Without the log, which the historian has to follow first."""
    found = await ledger.traces(service, application)
    del found["log"]
    return found


async def test_an_application_begins_at_nought_and_others_stay(ledger: Ledger, logged: Any) -> None:
    for service, application in (("1", "a"), ("1", "b"), ("2", "a")):
        for _ in range(4):
            await count(ledger, service, application)
    await ledger.forget("1", "a")
    assert [
        await value(ledger, service, application)
        for service, application in (("1", "a"), ("1", "b"), ("2", "a"))
    ] == [0, 4, 4]
    said = logged()[-1]
    assert (said.service, said.application, said.usage, said.code) == ("1", "a", (), FORGET)


async def test_what_is_counted_afterwards_counts_as_usual(ledger: Ledger) -> None:
    """Also with a call that was prepared before."""
    usage = Usage((("hits", 3),))
    prepared = ledger.prepare("1", "a", [LimitOn("hits", DAY, 7)], usage)
    generation = ledger.generation
    assert (await ledger.check_and_record(prepared)).values == (3,)
    await ledger.forget("1", "a")
    if ledger.generation != generation:
        prepared = ledger.prepare("1", "a", [LimitOn("hits", DAY, 7)], usage)
    verdicts = [await ledger.check_and_record(prepared) for _ in range(3)]
    assert [each.values for each in verdicts] == [(3,), (6,), (6,)]
    assert await value(ledger, "1", "a") == 6


async def test_its_ids_are_forgotten_and_those_of_others_are_known(ledger: Ledger) -> None:
    await count(ledger, "1", "a", "of a")
    await count(ledger, "1", "b", "of b")
    await ledger.record([Entry("1", "a", 0, (("hits", 1),), id="kept")], keep_ids=True).batch
    await ledger.forget("1", "a")
    assert not (await count(ledger, "1", "a", "of a")).repeated
    assert (await count(ledger, "1", "a", "of a")).repeated
    assert (await count(ledger, "1", "b", "of b")).repeated
    assert not (await count(ledger, "1", "b", "kept")).repeated


async def test_its_events_are_gone_and_it_raises_its_first_anew(ledger: Ledger) -> None:
    for _ in range(5):
        await count(ledger, "1", "a")
    await count(ledger, "1", "b")
    await ledger.forget("1", "a")
    assert {each.application for each in await ledger.events()} == {"b"}
    for _ in range(5):
        await count(ledger, "1", "a")
    kinds = [each.kind for each in await ledger.events() if each.application == "a"]
    assert kinds == ["first_traffic", "first_daily_traffic", "alert"]


async def test_its_traces_are_told_and_nothing_is_left_of_them(ledger: Ledger) -> None:
    for entry_id in ("x", "y", ""):
        await count(ledger, "1", "a", entry_id)
    await count(ledger, "1", "b", "z")
    found = await ledger.traces("1", "a")
    assert (found["counters"], found["ids"], found["log"]) == (1, 2, 3)
    assert found["events"] >= 2
    await ledger.forget("1", "a")
    assert await traces(ledger, "1", "a") == NOBODY
    assert (await ledger.traces("1", "b"))["ids"] == 1


async def test_nothing_is_known_of_one_that_never_was(ledger: Ledger) -> None:
    await count(ledger, "1", "a")
    await ledger.forget("1", "never")
    await ledger.forget("never", "a")
    assert await traces(ledger, "1", "never") == NOBODY
    assert await value(ledger, "1", "a") == 1


@pytest.mark.parametrize("name", ["a:b", "a%3Ab", "{x}", "a b", "ü\n", "*", "a*", "?", "[a]"])
async def test_names_may_hold_anything(ledger: Ledger, name: str) -> None:
    """Another control plane chooses them."""
    await count(ledger, name, name, name)
    await count(ledger, name, "ab", "ab")
    await ledger.forget(name, name)
    assert await traces(ledger, name, name) == NOBODY
    assert await traces(ledger, name, "ab") != NOBODY
    assert await value(ledger, name, name) == 0


async def test_a_level_may_be_raised_again(ledger: Ledger, clock: ManualClock) -> None:
    """It was raised of somebody whom nobody knows any more."""
    for _ in range(5):
        await count(ledger, "1", "a")
    await ledger.forget("1", "a")
    assert not await ledger.forget_alert("1", "a", 50)
