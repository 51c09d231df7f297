"""Counters of test mode against a plain model: one number for each metric, application and period, as the protocol describes them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tallygate.domain.limits import ETERNITY, NAME_BY_PERIOD, epoch_at
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import Usage
from tallygate.settings import Settings
from tallygate.test_mode.clock import SettableClock
from tallygate.test_mode.ledger import RewindableLedger
from tallygate.test_mode.stats import Asked, code_value, metric_value

BEGIN_S = 1_273_665_600  # 2010-05-12T12:00:00Z
JUMPS = (0, 59, 60, 3_599, 86_400, -60, -86_400, 40 * 86_400, -40 * 86_400, 5 * 365 * 86_400, -5 * 365 * 86_400)  # fmt: skip

STEP = st.one_of(
    st.tuples(st.just("add"), st.sampled_from("ab"), st.integers(1, 9), st.integers(-90_000, 4_000)),
    st.tuples(st.just("set"), st.sampled_from("ab"), st.integers(0, 3), st.integers(-90_000, 4_000)),
    st.tuples(st.just("call"), st.sampled_from("ab"), st.integers(1, 9)),
    st.tuples(st.just("jump"), st.sampled_from(JUMPS)),
    st.tuples(st.just("forget")),
    st.tuples(st.just("anew")),
)  # fmt: skip


class Model:
    """The protocol's counters: `#0` deletes, `#N` overwrites, anything else adds."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, int, int], int] = {}
        self.codes: dict[tuple[str, int, int], int] = {}

    def count(self, application: str, at_s: int, delta: int | None, wanted: int | None) -> None:
        for key in _keys(application, at_s):
            if wanted == 0:
                self.values.pop(key, None)
            elif wanted is not None:
                self.values[key] = wanted
            else:
                self.values[key] = self.values.get(key, 0) + (delta or 0)
            self.codes[key] = self.codes.get(key, 0) + 1

    def clear(self) -> None:
        self.values.clear()
        self.codes.clear()


def _keys(application: str, at_s: int) -> list[tuple[str, int, int]]:
    starts = (*epoch_at(at_s).starts_s, 0)
    return [(application, period, start) for period, start in enumerate(starts)]


class Bench:
    def __init__(self, home: Path) -> None:
        self.clock = SettableClock()
        self.clock.set(BEGIN_S, 0)
        self.runner = asyncio.Runner()
        self.ledger = RewindableLedger(Settings(home=home, checkpoint_s=2**31), self.clock)
        self.ledger.attach(self.runner.get_loop())
        self.model = Model()

    def do(self, step: tuple[Any, ...]) -> None:
        kind, *rest = step
        if kind in ("add", "set"):
            self._report(kind, *rest)
        elif kind == "call":
            application, delta = rest
            call = self.ledger.prepare("1", application, [], Usage((("m", delta),)), 200)
            self.runner.run(self.ledger.check_and_record(call))
            self.model.count(application, self.clock.now_s(), delta, None)
        elif kind == "jump":
            self.clock.set(self.clock.now_s() + rest[0], 0)
            self.ledger.follow_clock()
        elif kind == "forget":
            self.runner.run(self.ledger.forget("1"))
            self.model.clear()
        else:
            self.runner.run(self.ledger.begin_anew())
            self.model.clear()

    def _report(self, kind: str, application: str, number: int, offset_s: int) -> None:
        at_s = self.clock.now_s() + offset_s
        pair = (("m", number),)
        adds, sets = (pair, ()) if kind == "add" else ((), pair)
        self.ledger.record([Entry("1", application, at_s * 1000, adds, 200, sets)])
        self.ledger.flush()
        added = number if kind == "add" else None
        self.model.count(application, at_s, added, None if kind == "add" else number)

    def check(self) -> None:
        now_s = self.clock.now_s()
        for application in "ab":
            current = self.ledger.current("1", application, "m")
            for key in _keys(application, now_s):
                period = key[1]
                assert current[NAME_BY_PERIOD[period]] == self.model.values.get(key, 0)
        for at_s in (now_s, now_s - 86_400, now_s + 3_600, BEGIN_S):
            for period in range(ETERNITY + 1):
                self._check_stat(period, at_s)

    def _check_stat(self, period: int, at_s: int) -> None:
        keys = [_keys(application, at_s)[period] for application in "ab"]
        entries = list(self.ledger.entries())
        at = epoch_at(at_s)
        found = [self.model.values.get(key) for key in keys]
        told = [
            metric_value(entries, Asked("1", application, period, at), "m") for application in "ab"
        ]
        assert told == found
        there = [value for value in found if value is not None]
        total = sum(there) if there else None
        assert metric_value(entries, Asked("1", "", period, at), "m") == total
        codes = sum(self.model.codes.get(key, 0) for key in keys) or None
        assert code_value(entries, Asked("1", "", period, at), range(200, 300)) == codes

    def close(self) -> None:
        self.ledger.close()
        self.runner.close()


@given(steps=st.lists(STEP, max_size=25))
@hypothesis_settings(max_examples=80)
def test_counters_and_stats_are_those_of_the_model_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Whatever is added, set, forgotten or begun anew, late or early, with a clock that jumps in both directions."""
    bench = Bench(tmp_path_factory.mktemp("home"))
    try:
        for step in steps:
            bench.do(step)
        bench.check()
    finally:
        bench.close()
