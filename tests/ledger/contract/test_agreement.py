"""Whatever happens, limits hold, and counters, raw entries and roll-ups say the same."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.history_data import open_history
from support.redis_server import RedisServer

from tallygate.domain.calendar import find_zone, window
from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import IdConflict
from tallygate.domain.limits import NAME_BY_PERIOD, PERIOD_BY_NAME, epoch_at
from tallygate.history import History, Question, metric_series
from tallygate.ledger.contract import Ledger
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.logs import EmbeddedLogs
from tallygate.ledger.entry import Entry
from tallygate.ledger.logs import Logs
from tallygate.ledger.redis import scripts
from tallygate.ledger.redis.keys import Keys
from tallygate.ledger.redis.ledger import RedisLedger
from tallygate.ledger.redis.logs import RedisLogs
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.redis.client import RedisClient
from tallygate.redis.partitions import Partitions
from tallygate.redis.revisions import Revisions
from tallygate.redis.url import parse_url
from tallygate.settings import Settings

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z
MAXIMUM = 12
SERVICES = ("1", "2")
APPLICATIONS = ("a", "b")
PARTITIONS = Partitions(4)

WHO = st.tuples(st.sampled_from(SERVICES), st.sampled_from(APPLICATIONS))
IDS = st.sampled_from(["", "", "x", "y", "z"])
STEP = st.one_of(
    st.tuples(st.just("call"), WHO, st.integers(0, 5), IDS),
    st.tuples(st.just("call"), WHO, st.integers(1, 5), IDS),
    st.tuples(
        st.just("report"),
        WHO,
        st.lists(st.tuples(st.integers(1, 9), st.integers(-90_000, 7_200), IDS), max_size=4),
    ),
    st.tuples(st.just("set"), WHO, st.integers(0, 20)),
    st.tuples(st.just("wait"), st.sampled_from([1, 59, 3_600, 86_400])),
    st.tuples(st.just("crash")),
    st.tuples(st.just("follow")),
    st.tuples(st.just("lose the historian")),
    st.tuples(st.just("forget"), st.sampled_from(SERVICES)),
)  # fmt: skip


class Embedded:
    """A ledger on a home, that can be lost as by kill -9."""

    def __init__(self, home: Path, clock: ManualClock) -> None:
        self._settings = Settings(home=home, segment_bytes=2_000, past_window_s=10**6)
        self._clock = clock

    async def open(self) -> Ledger:
        self.opened = EmbeddedLedger.open(self._settings, self._clock)
        self.opened.attach(asyncio.get_running_loop())
        return self.opened

    async def lose(self) -> None:
        assert self.opened._timer is not None
        self.opened._timer.cancel()
        self.opened._lock.close()

    async def close(self) -> None:
        self.opened.close()

    def logs(self) -> Logs:
        return EmbeddedLogs(self._settings.ledger)


class Shared:
    """A ledger on Redis, whose listener can be lost."""

    def __init__(self, home: Path, clock: ManualClock, server: RedisServer) -> None:
        self._settings = Settings(home=home)
        self._clock = clock
        self._url = parse_url(server.url)
        with server.client() as administration:
            administration.flushall()

    async def open(self) -> Ledger:
        self._client = RedisClient(self._url, PARTITIONS, scripts.ALL)
        await self._client.start()
        keys, revisions = Keys(PARTITIONS), Revisions(PARTITIONS.count)
        return RedisLedger(self._client, keys, revisions, self._clock, self._settings)

    async def lose(self) -> None:
        await self._client.close()

    close = lose

    def logs(self) -> Logs:
        return RedisLogs(self._url, lambda: PARTITIONS)


class Model:
    """What was counted, entry by entry."""

    def __init__(self) -> None:
        self.entries: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self.ids: dict[tuple[str, str], tuple[Any, ...]] = {}
        self.set: set[tuple[str, str]] = set()

    def count(self, who: tuple[str, str], at_s: int, delta: int) -> None:
        self.entries[who].append((at_s, delta))

    def forget(self, service: str) -> None:
        for who in [each for each in self.entries if each[0] == service]:
            del self.entries[who]
        self.set = {each for each in self.set if each[0] != service}

    def value(self, who: tuple[str, str], period: int, now_s: int) -> int:
        """What lies in the running period."""
        epoch = epoch_at(now_s)
        eternity = period == PERIOD_BY_NAME["eternity"]
        begin, end = (0, 2**62) if eternity else (epoch.starts_s[period], epoch.end_s(period))
        return sum(delta for at_s, delta in self.entries[who] if begin <= at_s < end)


class Scenario:
    """Runs the steps on a real ledger and a real history, beside the model."""

    def __init__(self, place: Embedded | Shared, home: Path, clock: ManualClock) -> None:
        self._place = place
        self._home = home
        self._clock = clock
        self._model = Model()
        self._history: History = self._open_history()

    def _open_history(self) -> History:
        return open_history(
            self._home, self._place.logs(), clock=self._clock, raw_days=0, minute_days=0
        )  # type: ignore[arg-type]

    async def run(self, steps: list[tuple[Any, ...]]) -> None:
        self._ledger = await self._place.open()
        for name, *details in steps:
            await getattr(self, f"_{name.replace(' ', '_')}")(*details)
        await self._compare()
        self._history.close()
        await self._place.close()

    async def _call(self, who: tuple[str, str], delta: int, entry_id: str) -> None:
        limits = [LimitOn("hits", PERIOD_BY_NAME["hour"], MAXIMUM)]
        call = self._ledger.prepare(*who, limits, Usage((("method", delta), ("hits", delta))))
        (before,) = await self._ledger.utilization(*who, limits)
        said = (who[1], delta, "call")
        known = self._model.ids.get((who[0], entry_id)) if entry_id and delta else None
        try:
            verdict = await self._ledger.check_and_record(call, entry_id)
        except IdConflict:
            assert known not in (None, said)
            return
        assert known in (None, said)
        if known:
            assert (verdict.authorized, verdict.repeated) == (True, True)
            return
        assert verdict.authorized == (before + delta <= MAXIMUM)
        assert verdict.values == (before + (delta if verdict.authorized else 0),)
        if verdict.authorized and delta:
            self._model.count(who, self._clock.now_s(), delta)
            if entry_id:
                self._model.ids[who[0], entry_id] = said

    async def _report(self, who: tuple[str, str], given: list[tuple[int, int, str]]) -> None:
        now_s = self._clock.now_s()
        entries = [
            Entry(*who, (now_s + offset_s) * 1000, (("method", delta), ("hits", delta)), id=name)
            for delta, offset_s, name in given
        ]
        recorded = self._ledger.record(entries)
        await recorded.batch
        accepted = set(recorded.accepted)
        conflicts = {index for index, _ in recorded.conflicts}
        for index, (delta, offset_s, name) in enumerate(given):
            said, key = (who[1], delta, "call"), (who[0], name)
            known = self._model.ids.get(key) if name else None
            assert (index in accepted) == (known is None)
            assert (index in conflicts) == (known not in (None, said))
            if known is None:
                self._model.count(who, now_s + offset_s, delta)
                if name:
                    self._model.ids[key] = said

    async def _set(self, who: tuple[str, str], value: int) -> None:
        """From then on only the running total is compared: what a set means in the past is the ledger's own."""
        total = self._model.value(who, PERIOD_BY_NAME["eternity"], 0)
        await self._ledger.check_and_record(
            self._ledger.prepare(*who, [], Usage((), (("hits", value),)))
        )
        self._model.count(who, self._clock.now_s(), value - total)
        self._model.set.add(who)

    async def _wait(self, seconds: int) -> None:
        self._clock.advance(seconds)

    async def _crash(self) -> None:
        await self._place.lose()
        self._ledger = await self._place.open()

    async def _follow(self) -> None:
        self._history.catch_up()

    async def _lose_the_historian(self) -> None:
        self._history.close()
        self._history = self._open_history()

    async def _forget(self, service: str) -> None:
        await self._ledger.forget(service)
        self._model.forget(service)

    async def _compare(self) -> None:
        now_s = self._clock.now_s()
        limits = [LimitOn("hits", period, 10**9) for period in NAME_BY_PERIOD]
        for who in [(service, name) for service in SERVICES for name in APPLICATIONS]:
            values = dict(
                zip(NAME_BY_PERIOD, await self._ledger.utilization(*who, limits), strict=True)
            )
            total = self._model.value(who, PERIOD_BY_NAME["eternity"], now_s)
            assert values[PERIOD_BY_NAME["eternity"]] == total
            assert self._in_history(*who) == total
            if who not in self._model.set:
                wanted = {each: self._model.value(who, each, now_s) for each in NAME_BY_PERIOD}
                assert values == wanted
        assert self._history.verify() == []

    def _in_history(self, service: str, application: str) -> int:
        whole = window(find_zone("UTC"), self._clock.now_s(), period="eternity")
        question = Question((metric_series("hits"),), whole, service, application)
        return self._history.ask(question).total


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.service)])
def place_of(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "embedded":
        yield Embedded
    else:
        server = request.getfixturevalue("redis_server")
        yield lambda home, clock: Shared(home, clock, server)


@pytest.mark.thorough
@given(steps=st.lists(STEP, max_size=40))
@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_limits_hold_and_counters_raw_entries_and_roll_ups_agree_whatever_happens(
    place_of: Any, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Any sequence of calls, retries, late and early reports, sets, crashes of listener and historian, and forgetting."""
    home, clock = tmp_path_factory.mktemp("home"), ManualClock.at(NOON_S)
    scenario = Scenario(place_of(home, clock), home, clock)
    try:
        asyncio.run(scenario.run(steps))
    finally:
        with closing(scenario._history):
            pass
