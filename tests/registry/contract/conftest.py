"""Every registry that keeps `registry.contract` and `registry.store`, one after the other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from support.redis_server import RedisCluster, RedisServer
from support.registry_place import Place

from tallygate.ledger.redis import scripts
from tallygate.redis.client import RedisClient
from tallygate.redis.partitions import Partitions
from tallygate.redis.revisions import Revisions
from tallygate.redis.url import parse_url
from tallygate.registry.reader import SqliteRegistry
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.reader import RedisRegistry
from tallygate.registry.redis.store import RedisStores
from tallygate.registry.sqlite_store import SqliteStores

T = TypeVar("T")

PARTITIONS = 8


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("redis", marks=pytest.mark.service),
        pytest.param("cluster", marks=pytest.mark.service),
    ]
)
def place(
    request: pytest.FixtureRequest, tmp_path: Path, runner: asyncio.Runner
) -> Iterator[Place]:
    if request.param == "sqlite":
        database = tmp_path / "tallygate.db"
        listeners = (SqliteRegistry(database, 4), SqliteRegistry(database, 4))
        stores = SqliteStores(database)
        yield Place(stores, listeners)
        stores.close()
        for listener in listeners:
            listener.close()
        return
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        with server.client() as administration:
            administration.flushall()
        url = server.url
    else:
        cluster: RedisCluster = request.getfixturevalue("redis_cluster")
        cluster.flush()
        url = cluster.url
    yield from _shared(url, runner)


def _shared(url: str, runner: asyncio.Runner) -> Iterator[Place]:
    partitions = Partitions(PARTITIONS)
    keys = RegistryKeys(partitions)
    clients = [runner.run(_started(url, partitions)) for _ in range(2)]
    first, second = (
        RedisRegistry(client, keys, Revisions(PARTITIONS), cached_applications=4)
        for client in clients
    )
    stores = RedisStores(parse_url(url), keys)
    yield Place(stores, (first, second))
    stores.close()
    for client in clients:
        runner.run(client.close())


async def _started(url: str, partitions: Partitions) -> RedisClient:
    client = RedisClient(parse_url(url), partitions, scripts.ALL)
    await client.start()
    return client
