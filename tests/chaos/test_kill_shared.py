"""kill -9 of Redis, of a master of a cluster, of listener and console, at random moments under load.

With `appendfsync always` nothing that was acknowledged may be missing afterwards, and nothing may be counted twice.
"""

import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import pytest
from support.acknowledged import CATALOG, Comparison, Worker, application_id
from support.installation import Installation
from support.redis_server import RedisCluster, RedisServer

from tallygate.settings import Settings

ROUNDS = int(os.environ.get("TALLYGATE_CHAOS_ROUNDS", "200")) // 10
WORKERS = 4

pytestmark = [pytest.mark.chaos, pytest.mark.service, pytest.mark.timeout(900)]

Kill = Callable[[Installation], None]


def restarted(installation: Installation, roles: Sequence[str]) -> None:
    processes = [getattr(installation, role) for role in roles]
    for process in processes:
        process.kill()
    for process in processes:
        process.start()
    for process in processes:
        process.wait_until_ready()


def run(installation: Installation, kills: Sequence[Kill]) -> None:
    installation.catalog(CATALOG)
    with installation:
        workers = [Worker(installation, application_id(installation)) for _ in range(WORKERS)]
        comparison = Comparison(installation, workers)
        for worker in workers:
            worker.start()
        for number in range(ROUNDS):
            for worker in workers:
                worker.resume()
            time.sleep(random.uniform(0.05, 0.5))
            kill = random.choice(kills)
            kill(installation)
            time.sleep(0.1)
            for worker in workers:
                worker.pause()
            comparison.check(f"round {number}, {kill}")
        for worker in workers:
            worker.end()
        assert comparison.counted > ROUNDS
        installation.command("verify", "--home", str(installation.home))


def test_nothing_acknowledged_is_lost_when_redis_or_those_who_use_it_are_killed(
    tmp_path: Path,
) -> None:
    with RedisServer(tmp_path / "redis", "always") as server:

        def redis(_: Installation) -> None:
            server.kill()
            time.sleep(random.uniform(0, 0.3))
            server.start()

        def listener(installation: Installation) -> None:
            restarted(installation, ["listener"])

        def console(installation: Installation) -> None:
            restarted(installation, ["console"])

        made = Installation(tmp_path / "home", ledger_url=server.url)
        run(made, [redis, redis, listener, console])


def test_nothing_acknowledged_is_lost_when_a_master_of_the_cluster_is_killed(
    tmp_path: Path,
) -> None:
    """That of the product's slot; also when the cluster has noticed, and refuses its slots until it is back."""
    with RedisCluster(tmp_path / "cluster", "always") as cluster:
        made = Installation(tmp_path / "home", ledger_url=cluster.url)
        product = str(made.ids["product"]["id"])
        partition = crc32(product.encode()) % Settings().ledger_partitions

        def master(_: Installation) -> None:
            node = cluster.master_of(partition)
            node.kill()
            time.sleep(random.choice([0.05, 0.5, 3.0]))
            node.start()
            cluster.wait_until_ready()

        run(made, [master])
