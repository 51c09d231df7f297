"""What the gateway adds to a call: at a steady 1,000/s, exact and batched, against the API called directly."""

import os
import tempfile
from pathlib import Path

from support.installation import Process, free_port
from support.running_gateway import RunningGateway, content, rule

from bench.authrep_redis import listener
from bench.pace import pace
from bench.registry import fill

APPLICATIONS = 2_000
PER_SECOND = 1_000
SECONDS = 8.0
ROUNDS = 2


def main() -> None:
    """1,000 calls/s over 2,000 applications, each counted from when it was due; a listener, a gateway and an API."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home / "tallygate.db", APPLICATIONS)
        ours, port = listener(home), free_port()
        api = Process("bench.constant", port, "/", dict(os.environ), [str(port)])
        api.start()
        api.wait_until_ready()
        given = content(
            "1", f"http://127.0.0.1:{ours.port}", f"http://127.0.0.1:{port}", "localhost",
            rules=[rule("/", "list")],
        )  # fmt: skip
        given["backend_authentication_value"] = "token"
        gateways = {
            "exact": RunningGateway(home / "exact"),
            "batched": RunningGateway(home / "batched", "--batched", "60"),
        }
        try:
            for gateway in gateways.values():
                gateway.configure(given)
                gateway.start()
                pace(gateway.port, PER_SECOND, SECONDS, APPLICATIONS)  # every application once
            for _ in range(ROUNDS):
                direct = pace(port, PER_SECOND, SECONDS, APPLICATIONS)
                print(f"   direct   {direct}")
                for name, gateway in gateways.items():
                    before_s = _processor_s(gateway.process.pid)
                    found = pace(gateway.port, PER_SECOND, SECONDS, APPLICATIONS)
                    used_s = _processor_s(gateway.process.pid) - before_s
                    print(
                        f"   {name:8} {found}; p99 added {found.p99 - direct.p99:.2f} ms;"
                        f" {used_s / PER_SECOND / SECONDS * 1e6:.0f} µs of processor a call"
                    )
        finally:
            for gateway in gateways.values():
                gateway.process.kill()
            ours.kill()
            api.kill()


def _processor_s(pid: int) -> float:
    """What a process has used so far, in all its threads: told apart from what the machine does besides."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
