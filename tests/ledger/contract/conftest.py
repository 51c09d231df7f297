"""Every ledger that keeps `ledger.contract`, one after the other. Tests are coroutines, run in the loop of their ledger."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.redis_server import RedisCluster, RedisServer

from tallygate.domain.clock import ManualClock
from tallygate.ledger.contract import Ledger
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.logs import EmbeddedLogs
from tallygate.ledger.entry import Entry
from tallygate.ledger.logs import Logs, behind
from tallygate.ledger.redis import scripts
from tallygate.ledger.redis.keys import Keys
from tallygate.ledger.redis.ledger import RedisLedger
from tallygate.ledger.redis.logs import RedisLogs
from tallygate.redis.client import RedisClient
from tallygate.redis.partitions import Partitions
from tallygate.redis.revisions import Revisions
from tallygate.redis.url import parse_url
from tallygate.settings import Settings

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z, a Thursday
PARTITIONS = 8


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(NOON_S)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


Logged = Callable[[], list[Entry]]
"""All that is in the ledger's log, in order."""


class Opened:
    """A ledger, and how to look at its log."""

    def __init__(self, ledger: Ledger, logged: Logged) -> None:
        self.ledger = ledger
        self.logged = logged


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("redis", marks=pytest.mark.service),
        pytest.param("cluster", marks=pytest.mark.service),
    ]
)
def opened(
    request: pytest.FixtureRequest,
    settings: Settings,
    clock: ManualClock,
    runner: asyncio.Runner,
) -> Iterator[Opened]:
    if request.param == "embedded":
        with EmbeddedLedger.open(settings, clock) as ledger:
            ledger.attach(runner.get_loop())
            yield Opened(ledger, lambda: _all(EmbeddedLogs(settings.ledger)))
        return
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        with server.client() as administration:
            administration.flushall()
        yield from _shared(server.url, settings, clock, runner)
    else:
        cluster: RedisCluster = request.getfixturevalue("redis_cluster")
        cluster.flush()
        yield from _shared(cluster.url, settings, clock, runner)


def _shared(
    url: str, settings: Settings, clock: ManualClock, runner: asyncio.Runner
) -> Iterator[Opened]:
    partitions = Partitions(PARTITIONS)
    keys = Keys(partitions)
    client = runner.run(_started(url, partitions))
    logs = RedisLogs(parse_url(url), lambda: partitions)
    try:
        ledger = RedisLedger(client, keys, Revisions(PARTITIONS), clock, settings)
        yield Opened(ledger, lambda: _all(logs))
    finally:
        logs.close()
        runner.run(client.close())


def _all(logs: Logs) -> list[Entry]:
    position, end, found = logs.begin(), logs.end(), list[Entry]()
    while behind(position, end):  # a read ends where something is forgotten
        chunk = logs.read(position, end, 10**9)
        position = chunk.end
        found += chunk.entries
    return found


async def _started(url: str, partitions: Partitions) -> RedisClient:
    client = RedisClient(parse_url(url), partitions, scripts.ALL)
    await client.start()
    return client


@pytest.fixture
def ledger(opened: Opened) -> Any:
    return opened.ledger


@pytest.fixture
def logged(opened: Opened) -> Logged:
    return opened.logged
