"""How long an authrep takes at a steady 2,000/s, against the same server answering a constant."""

import os
import tempfile
from pathlib import Path

from support.installation import Process, free_port

from bench.authrep_redis import listener
from bench.pace import pace
from bench.registry import fill

APPLICATIONS = 20_000
PER_SECOND = 2_000
SECONDS = 15.0
ROUNDS = 3


def main() -> None:
    """2,000 authrep/s over 20,000 applications, each counted from when it was due."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home / "tallygate.db", APPLICATIONS)
        ours = listener(home)
        port = free_port()
        baseline = Process("bench.constant", port, "/", dict(os.environ), [str(port)])
        baseline.start()
        baseline.wait_until_ready()
        try:
            pace(ours.port, PER_SECOND, SECONDS, APPLICATIONS)  # every application once
            for _ in range(ROUNDS):
                constant = pace(port, PER_SECOND, SECONDS, APPLICATIONS)
                authrep = pace(ours.port, PER_SECOND, SECONDS, APPLICATIONS)
                print(f"   constant  {constant}")
                print(f"   authrep   {authrep}; ratio of p99 {authrep.p99 / constant.p99:.2f}")
        finally:
            ours.kill()
            baseline.kill()
