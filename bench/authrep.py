"""authrep/s of one listener, exact and durable, against the same server answering a constant."""

import os
import sys
import tempfile
from pathlib import Path

from support.installation import Process, free_port

from bench.load import Measured, spread, wrk
from bench.registry import fill

APPLICATIONS = 20_000
SECONDS = 5.0
ROUNDS = 5
SCRIPT = Path(__file__).with_name("authrep.lua")


def main() -> None:
    """20,000 applications with three limits each and a method that rolls up; 64 connections."""
    os.environ["APPLICATIONS"] = str(APPLICATIONS)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home / "tallygate.db", APPLICATIONS)
        port, baseline_port = free_port(), free_port()
        environment = {
            **os.environ, "TALLYGATE_HOME": str(home), "TALLYGATE_LISTENER": f"127.0.0.1:{port}",
        }  # fmt: skip
        listener = Process("tallygate.listener", port, "/status", environment)
        baseline = Process(
            "bench.constant", baseline_port, "/", dict(os.environ), [str(baseline_port)]
        )
        for process in (listener, baseline):
            process.start()
            process.wait_until_ready()
        try:
            wrk(port, SCRIPT, SECONDS)  # every application once: what follows is the steady state
            pairs = [(wrk(baseline_port, SCRIPT, SECONDS), wrk(port, SCRIPT, SECONDS)) for _ in range(ROUNDS)]  # fmt: skip
        finally:
            listener.kill()
            baseline.kill()
    tell(pairs)


def tell(pairs: list[tuple[Measured, Measured]]) -> None:
    refused = sum(ours.not_ok for _, ours in pairs)
    if refused:
        sys.exit(f"{refused} calls were refused: nothing was measured")
    print(f"   constant  {spread([base.per_second for base, _ in pairs])} requests/s")
    print(f"   authrep   {spread([ours.per_second for _, ours in pairs])} requests/s,"
          f" p50 {spread([ours.p50_ms for _, ours in pairs], 2)} ms,"
          f" p99 {spread([ours.p99_ms for _, ours in pairs], 2)} ms")  # fmt: skip
    print(f"   ratio     {spread([ours.per_second / base.per_second for base, ours in pairs], 3)}")
