"""The history behind a ledger on Redis, which keeps one log for each partition."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.history_data import NOW_S, MemoryLog, entry, open_history
from support.redis_server import RedisServer

from tallygate.domain.calendar import find_zone, window
from tallygate.domain.clock import ManualClock
from tallygate.domain.errors import HistoryUnavailable
from tallygate.history import History, Question
from tallygate.history.engine import ChdbEngine
from tallygate.history.schema import create_tables
from tallygate.ledger.entry import Entry
from tallygate.ledger.redis import scripts
from tallygate.ledger.redis.keys import Keys
from tallygate.ledger.redis.ledger import RedisLedger
from tallygate.ledger.redis.logs import RedisLogs
from tallygate.redis.client import RedisClient
from tallygate.redis.partitions import Partitions
from tallygate.redis.revisions import Revisions
from tallygate.redis.url import parse_url
from tallygate.settings import Settings

pytestmark = pytest.mark.service

PARTITIONS = Partitions(8)
PRODUCTS = [f"product {number}" for number in range(20)]
"""In several partitions."""


class SharedLedger:
    """A ledger on Redis, with everything durable when a call returns."""

    def __init__(self, url: str, home: Path) -> None:
        self._url, self._home = url, home

    def count(self, entries: list[Entry]) -> None:
        async def work(ledger: RedisLedger) -> None:
            await ledger.record(entries).batch

        self._run(work)

    def forget(self, product: str) -> None:
        self._run(lambda ledger: ledger.forget(product))

    def _run(self, work: object) -> None:
        async def session() -> None:
            client = RedisClient(parse_url(self._url), PARTITIONS, scripts.ALL)
            await client.start()
            try:
                settings, clock = Settings(home=self._home), ManualClock.at(NOW_S)
                revisions = Revisions(PARTITIONS.count)
                await work(RedisLedger(client, Keys(PARTITIONS), revisions, clock, settings))  # type: ignore[operator]
            finally:
                await client.close()

        asyncio.run(session())

    @contextmanager
    def history(self) -> Iterator[History]:
        settings = Settings(home=self._home)
        logs = RedisLogs(parse_url(self._url), lambda: PARTITIONS)
        engine = ChdbEngine(settings.history, create_tables)
        try:
            with History(settings, ManualClock.at(NOW_S), engine, logs) as opened:
                yield opened
        finally:
            logs.close()


@pytest.fixture
def shared(redis_server: RedisServer, home: Path) -> SharedLedger:
    with redis_server.client() as administration:
        administration.flushall()
    return SharedLedger(redis_server.url, home)


def total(history: History, product: str) -> int:
    forever = window(find_zone("UTC"), NOW_S, period="eternity")
    return history.ask(Question(("m:7",), forever, product)).total


def hits(count: int, product: str) -> list[Entry]:
    return [entry(NOW_S - number, product=product, code=200) for number in range(count)]


def kept(server: RedisServer) -> int:
    """How many items the streams hold."""
    with server.client() as administration:
        return sum(administration.xlen(Keys(PARTITIONS).log(number)) for number in range(8))


def test_each_entry_is_counted_once_and_leaves_the_streams(
    shared: SharedLedger, redis_server: RedisServer
) -> None:
    for round_number in range(1, 4):
        for number, product in enumerate(PRODUCTS):
            shared.count(hits(number, product))
        assert kept(redis_server) > 0
        for _ in range(2):
            with shared.history() as history:
                found = [total(history, product) for product in PRODUCTS]
                assert found == [number * round_number for number in range(len(PRODUCTS))]
                assert history.verify() == []
        assert kept(redis_server) == 0


def test_a_service_is_forgotten_exactly_in_its_place(shared: SharedLedger) -> None:
    for product in PRODUCTS:
        shared.count(hits(5, product))
    for product in PRODUCTS[:10]:
        shared.forget(product)
    for product in PRODUCTS:
        shared.count(hits(2, product))
    with shared.history() as history:
        assert [total(history, product) for product in PRODUCTS] == [2] * 10 + [7] * 10
        assert history.verify() == []


def test_a_history_goes_on_behind_another_ledger_than_before(
    shared: SharedLedger, home: Path
) -> None:
    with open_history(home, MemoryLog(hits(3, PRODUCTS[0]))) as history:
        assert total(history, PRODUCTS[0]) == 3
    shared.count(hits(2, PRODUCTS[0]))
    for _ in range(2):
        with shared.history() as history:
            assert (total(history, PRODUCTS[0]), history.verify()) == (5, [])


def test_a_redis_that_is_away_is_told(home: Path) -> None:
    gone = SharedLedger("redis://127.0.0.1:9/0", home)
    with (
        gone.history() as history,
        pytest.raises(HistoryUnavailable, match="cannot follow the log"),
    ):
        history.catch_up()
