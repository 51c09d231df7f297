"""Calls with an id: checked, counted and remembered in one step."""

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import IdConflict
from tallygate.domain.limits import PERIOD_BY_NAME
from tallygate.ledger.embedded.call import Call
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.settings import Settings

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(NOON_S)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def ledger(settings: Settings, clock: ManualClock) -> Iterator[EmbeddedLedger]:
    with EmbeddedLedger.open(settings, clock) as opened:
        yield opened


def call(ledger: EmbeddedLedger, delta: int = 1, maximum: int = 2, **given: int) -> Call:
    limits = [LimitOn("hits", PERIOD_BY_NAME["day"], maximum)]
    return ledger.prepare("1", "a", limits, Usage((("hits", delta), ("other", 0))), **given)


def once(ledger: EmbeddedLedger, entry_id: str, prepared: Call | None = None) -> str:
    """`counted`, `repeated` or `denied`; durably."""
    outcome = ledger.count_once(prepared or call(ledger), entry_id)
    ledger.flush()
    if outcome is None:
        return "denied"
    return "repeated" if outcome.repeated else "counted"


def hits(ledger: EmbeddedLedger) -> int:
    return ledger.current("1", "a", "hits")["eternity"]


def test_a_repetition_is_acknowledged_although_the_limit_is_used_up_by_now(
    ledger: EmbeddedLedger,
) -> None:
    """And neither counts nor makes room: another id is denied before and after."""
    said = [once(ledger, each) for each in ("a", "b", "c", "a", "b", "a", "c")]
    assert said == ["counted", "counted", "denied", "repeated", "repeated", "repeated", "denied"]
    assert hits(ledger) == 2


def test_a_denied_call_is_not_remembered(ledger: EmbeddedLedger, clock: ManualClock) -> None:
    """It is counted when it is tried again in the limit's next period."""
    assert [once(ledger, each) for each in ("a", "b", "c")][-1] == "denied"
    clock.advance(86_400)
    assert [once(ledger, "c"), once(ledger, "c")] == ["counted", "repeated"]
    assert hits(ledger) == 3


@pytest.mark.parametrize("given", [{"delta": 2}, {"code": 200}])
def test_the_same_id_with_another_content_is_an_error(
    ledger: EmbeddedLedger, given: dict[str, int]
) -> None:
    once(ledger, "a")
    with pytest.raises(IdConflict):
        once(ledger, "a", call(ledger, **given))
    assert hits(ledger) == 1


def test_a_call_that_counts_nothing_takes_no_id(ledger: EmbeddedLedger) -> None:
    limits = [LimitOn("hits", PERIOD_BY_NAME["day"], 2)]
    for usage in (None, Usage((("hits", 0),))):
        assert once(ledger, "a", ledger.prepare("1", "a", limits, usage)) == "counted"
    assert once(ledger, "a") == "counted"


def test_a_value_that_is_set_counts_once_too(ledger: EmbeddedLedger) -> None:
    """After others have counted on top of it, its repetition does not set it back; and its limit holds."""
    limits = [LimitOn("hits", PERIOD_BY_NAME["day"], 2)]
    setting = ledger.prepare("1", "a", limits, Usage((), (("hits", 1),)))
    assert once(ledger, "set", setting) == "counted"
    assert once(ledger, "a") == "counted"
    assert once(ledger, "set", setting) == "repeated"
    hopeless = ledger.prepare("1", "a", limits, Usage((), (("hits", 9),)))
    assert once(ledger, "more", hopeless) == "denied"
    assert hits(ledger) == 2


def test_a_call_and_a_report_share_their_ids(ledger: EmbeddedLedger) -> None:
    """Who does not know whether a call was counted may report it under the same id."""
    once(ledger, "a")
    reported = Entry("1", "a", NOON_S * 1000, (("hits", 1),), id="a")
    assert ledger.record([reported]).duplicates == [0]


@pytest.mark.parametrize("checkpoint", [False, True])
def test_ids_survive_a_crash(
    ledger: EmbeddedLedger, settings: Settings, clock: ManualClock, checkpoint: bool
) -> None:
    once(ledger, "a")
    if checkpoint:
        ledger.checkpoint_now()
    ledger._lock.close()  # as by kill -9
    with EmbeddedLedger.open(settings, clock) as again:
        assert once(again, "a") == "repeated"
        assert hits(again) == 1


def test_the_answer_to_a_repetition_shows_the_values_of_its_own_minute(
    ledger: EmbeddedLedger, clock: ManualClock
) -> None:
    """Its first try may lie in a period that is over."""
    prepared = call(ledger)
    once(ledger, "a", prepared)
    assert prepared.values() == (1,)
    clock.advance(86_400)
    assert once(ledger, "a", prepared) == "repeated"
    assert prepared.values() == (0,)


def test_of_calls_at_once_under_one_id_one_counts(settings: Settings, clock: ManualClock) -> None:
    async def run() -> list[bool]:
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(asyncio.get_running_loop())

            async def one() -> bool:
                outcome = ledger.count_once(call(ledger), "a")
                assert outcome is not None
                await outcome.batch
                return outcome.repeated

            repeated = await asyncio.gather(*[one() for _ in range(50)])
            assert hits(ledger) == 1
            return repeated

    assert asyncio.run(run()).count(False) == 1


@pytest.mark.parametrize("by_checkpoint", [False, True])
def test_an_id_whose_call_could_not_be_written_is_free_again(
    ledger: EmbeddedLedger, monkeypatch: pytest.MonkeyPatch, by_checkpoint: bool
) -> None:
    """Also when a checkpoint was the first to find the disk full."""

    def refuse(payload: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(ledger._writer, "append", refuse)
        ledger.count_once(call(ledger), "a")
        if by_checkpoint:
            ledger.checkpoint_now()
        else:
            with pytest.raises(OSError, match="No space left"):
                ledger.flush()
    assert hits(ledger) == 0
    assert once(ledger, "a") == "counted"


STEP = st.one_of(
    st.tuples(st.just("call"), st.integers(0, 5), st.integers(1, 2)),
    st.tuples(st.just("report"), st.integers(0, 5), st.integers(1, 2)),
    st.tuples(st.sampled_from(["wait", "checkpoint", "crash"])),
)


@given(steps=st.lists(STEP, max_size=40))
@hypothesis_settings(max_examples=80)
def test_whatever_is_repeated_in_whatever_order_counts_once_and_within_its_limit(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple]
) -> None:
    """Calls and reports under the same few ids, over minutes, checkpoints and crashes, against a model of them."""
    settings, clock = Settings(home=tmp_path_factory.mktemp("home")), ManualClock.at(NOON_S)
    ledger = EmbeddedLedger.open(settings, clock)
    counted: dict[str, int] = {}
    for step in steps:
        if step[0] == "call":
            entry_id, delta = f"id{step[1]}", step[2]
            fits = sum(counted.values()) + delta <= 4
            known = counted.get(entry_id)
            try:
                said = once(ledger, entry_id, call(ledger, delta, maximum=4))
            except IdConflict:
                said = "conflict"
            if known is None:
                assert said == ("counted" if fits else "denied")
            else:
                assert said == ("repeated" if known == delta else "conflict")
            if said == "counted":
                counted[entry_id] = delta
        elif step[0] == "report":
            entry_id, delta = f"id{step[1]}", step[2]
            entry = Entry("1", "a", clock.now_ms(), (("hits", delta),), id=entry_id)
            accepted = bool(ledger.record([entry]).accepted)
            assert accepted == (entry_id not in counted)
            if accepted:
                counted[entry_id] = delta
        elif step[0] == "wait":
            clock.advance(61)
        elif step[0] == "checkpoint":
            ledger.checkpoint_now()
        else:
            ledger.flush()
            ledger._lock.close()
            ledger = EmbeddedLedger.open(settings, clock)
        assert hits(ledger) == sum(counted.values())
    ledger.close()
