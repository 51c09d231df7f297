"""authrep/s of listeners that share a ledger on Redis, against the same listener on its own ledger."""

import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.installation import Process, free_port
from support.redis_server import RedisServer

from bench.authrep import SCRIPT
from bench.load import Measured, spread, wrk
from bench.registry import fill, fill_redis

APPLICATIONS = 20_000
SECONDS = 5.0
ROUNDS = 3


def main() -> None:
    """20,000 applications with three limits each and a method that rolls up; 64 connections; Redis with everysec and always."""
    os.environ["APPLICATIONS"] = str(APPLICATIONS)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home / "embedded" / "tallygate.db", APPLICATIONS)
        embedded = listener(home / "embedded")
        for fsync in ("everysec", "always"):
            with RedisServer(home / fsync, fsync) as server:
                fill_redis(server.url, APPLICATIONS)
                shared = [listener(home / f"{fsync}{n}", ledger_url=server.url) for n in range(2)]
                try:
                    measure(fsync, embedded, shared)
                finally:
                    for process in shared:
                        process.kill()
        embedded.kill()


def listener(home: Path, **settings: str) -> Process:
    """A listener process that is ready."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {
        **os.environ,
        "TALLYGATE_HOME": str(home),
        "TALLYGATE_LISTENER": f"127.0.0.1:{port}",
        **{f"TALLYGATE_{name.upper()}": value for name, value in settings.items()},
    }
    process = Process("tallygate.listener", port, "/status", environment)
    process.start()
    process.wait_until_ready()
    return process


def measure(fsync: str, embedded: Process, shared: Sequence[Process]) -> None:
    for process in (embedded, *shared):
        wrk(
            process.port, SCRIPT, SECONDS
        )  # every application once: what follows is the steady state
    rows = [(load([embedded]), load(shared[:1]), load(shared)) for _ in range(ROUNDS)]
    for name, place in (("one listener", 1), ("two listeners", 2)):
        found = [row[place] for row in rows]
        ratios = [sum_of(row[place]) / sum_of(row[0]) for row in rows]
        print(
            f"   {fsync:9} {name:13} {spread([sum_of(each) for each in found])} requests/s,"
            f" p50 {spread([each[0].p50_ms for each in found], 2)} ms,"
            f" p99 {spread([each[0].p99_ms for each in found], 2)} ms,"
            f" ratio to embedded {spread(ratios, 3)}"
        )
    print(f"   embedded {spread([sum_of(row[0]) for row in rows])} requests/s")


def load(processes: Sequence[Process]) -> list[Measured]:
    """64 connections, spread over the processes."""
    connections = 64 // len(processes)
    with ThreadPoolExecutor(len(processes)) as threads:
        found = list(
            threads.map(lambda each: wrk(each.port, SCRIPT, SECONDS, connections), processes)
        )
    refused = sum(each.not_ok for each in found)
    if refused:
        sys.exit(f"{refused} calls were refused: nothing was measured")
    return found


def sum_of(found: Sequence[Measured]) -> float:
    return sum(each.per_second for each in found)
