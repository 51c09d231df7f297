"""How long calls wait while the listener's process is replaced, with calls going on."""

import asyncio
import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

from bench.load import spread
from bench.registry import fill
from tests.support.installation import Process, free_port

APPLICATIONS = 2_000
REPLACEMENTS = 20
CALLS_PER_SECOND = 1_000
CLIENTS = 16
WINDOW_S = 1.5


class Load:
    """authrep at a steady pace; half of the clients keep their connection, half make one for each call.

    Attributes:
        slowest_ms: Of the calls since it was last set to 0.
        calls: How many were answered.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._ended = False
        self.slowest_ms = 0.0
        self.calls = 0

    async def run(self) -> None:
        await asyncio.gather(*[self._client(number) for number in range(CLIENTS)])

    def end(self) -> None:
        self._ended = True

    async def _client(self, number: int) -> None:
        streams = None
        due_s = time.perf_counter()
        while not self._ended:
            due_s += CLIENTS / CALLS_PER_SECOND
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            key = f"{(self.calls * 7 + number) % APPLICATIONS:032x}"
            path = f"/transactions/authrep.xml?service_token=token&service_id=1&user_key={key}&usage[list]=1"
            began_s = time.perf_counter()
            streams = streams or await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = streams
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))
            self.calls += 1
            self.slowest_ms = max(self.slowest_ms, (time.perf_counter() - began_s) * 1000)
            if number % 2 or b"connection: close" in head:
                writer.close()
                streams = None
        if streams:
            streams[1].close()


def main() -> None:
    """1,000 authrep/s by 16 clients; the slowest call around each replacement, and in as much time without one."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        fill(home / "tallygate.db", APPLICATIONS)
        port = free_port()
        environment = {**os.environ, "TALLYGATE_HOME": str(home), "TALLYGATE_LISTENER": f"127.0.0.1:{port}"}  # fmt: skip
        running = Process("tallygate.supervisor", port, "/status", environment, ["--alone"])
        running.start()
        running.wait_until_ready()
        try:
            asyncio.run(_measure(running, home / "run" / "listener.json"))
        finally:
            running.stop()


def _replace(running: Process, told: Path) -> None:
    before = told.read_bytes()
    running.send_signal(signal.SIGHUP)
    while _read(told) in (b"", before):
        time.sleep(0.005)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # between the one and the other
        return b""


async def _measure(running: Process, told: Path) -> None:
    load = Load(running.port)
    loading = asyncio.create_task(load.run())
    await asyncio.sleep(1)
    quiet, replaced = [], []
    for _ in range(REPLACEMENTS):
        load.slowest_ms = 0.0
        await asyncio.sleep(WINDOW_S)
        quiet.append(load.slowest_ms)
        load.slowest_ms = 0.0
        until = asyncio.create_task(asyncio.sleep(WINDOW_S))
        await asyncio.to_thread(_replace, running, told)
        await until
        replaced.append(load.slowest_ms)
    load.end()
    await loading
    print(f"   {load.calls:,} calls, each answered with 200")
    print(f"   slowest call without  {spread(quiet, 1)} ms (the baseline)")
    print(f"   slowest call with     {spread(replaced, 1)} ms")
    ratio = statistics.median(replaced) / statistics.median(quiet)
    print(f"   ratio of medians      {ratio:.1f}")
