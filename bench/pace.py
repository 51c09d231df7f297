"""Calls at a steady pace, in a process of its own: `python -m bench.pace PORT PER_SECOND SECONDS APPLICATIONS` prints latencies.

A call's latency counts from when it was due, so that a stall is not hidden by the calls that it held up.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from typing import NamedTuple

import uvloop

from bench.load import percentile

CONNECTIONS = 32
PATH = (
    "/transactions/authrep.xml?service_token=token&service_id=1&user_key={:032x}&usage%5Blist%5D=1"
)


class Latency(NamedTuple):
    """In milliseconds."""

    p50: float
    p99: float
    p999: float
    longest: float

    def __str__(self) -> str:
        return (
            f"p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms, p99.9 {self.p999:.2f} ms,"
            f" longest {self.longest:.1f} ms"
        )


def pace(port: int, per_second: int, seconds: float, applications: int) -> Latency:
    """The latencies of calls for random applications."""
    given = [str(each) for each in (port, per_second, seconds, applications)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.pace", *given], capture_output=True, text=True, check=True
    )
    return Latency(*json.loads(done.stdout))


async def _run(port: int, per_second: int, seconds: float, applications: int) -> list[float]:
    found: list[float] = []
    begin = time.perf_counter() + 0.2
    end = begin + seconds

    async def calls(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        due = begin + number / per_second
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            path = PATH.format(random.randrange(applications))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            found.append((time.perf_counter() - due) * 1000)
            due += CONNECTIONS / per_second
        writer.close()

    await asyncio.gather(*(calls(number) for number in range(CONNECTIONS)))
    return found


if __name__ == "__main__":
    random.seed(7)
    port, per_second, seconds, applications = sys.argv[1:]
    latencies = uvloop.run(_run(int(port), int(per_second), float(seconds), int(applications)))
    shares = [percentile(latencies, share) for share in (0.5, 0.99, 0.999)]
    print(json.dumps([*shares, max(latencies)]))
