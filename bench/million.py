"""A million applications: what the listener takes to start, its memory, and how long calls for random ones take."""

import os
import tempfile
import time
from pathlib import Path

from bench.authrep import SCRIPT
from bench.authrep_redis import listener
from bench.load import resident_mb, wrk
from bench.pace import pace
from bench.registry import fill

FEW = 1_000
MANY = 1_000_000
SECONDS = 20.0


def main() -> None:
    """1,000,000 applications beside 1,000: a random one with each call, so that hardly any is in memory."""
    measured = {count: _measure(count) for count in (FEW, MANY)}
    print(f"   ratio of p99 {measured[MANY] / measured[FEW]:.2f}")


def _measure(applications: int) -> float:
    """The p99 of calls at a steady pace, in milliseconds."""
    os.environ["APPLICATIONS"] = str(applications)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home / "tallygate.db", applications)
        began_s = time.perf_counter()
        process = listener(home)
        ready_s = time.perf_counter() - began_s
        try:
            fast = wrk(process.port, SCRIPT, SECONDS)
            steady = pace(process.port, 2_000, SECONDS, applications)
            memory_mb = resident_mb(process.pid)
        finally:
            process.kill()
        size_mb = (home / "tallygate.db").stat().st_size / 1e6
    print(
        f"   {applications:9,} applications: ready in {ready_s:.2f} s, {memory_mb:.0f} MB,"
        f" {fast.per_second:,.0f} requests/s (p99 {fast.p99_ms:.1f} ms);"
        f" at 2,000/s {steady}; registry {size_mb:.0f} MB"
    )
    return steady.p99
