"""How long after its acknowledgement a call is in the Analytics API's answer, under load."""

import asyncio
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from support.installation import Installation

from bench.load import percentile

CALLS_PER_SECOND = 2_000
QUESTIONS = 200


class Load(threading.Thread):
    """authrep at a steady pace over 32 connections.

    Attributes:
        acknowledged: How many calls were answered so far.
        latencies_ms: Of each call.
    """

    def __init__(self, running: Installation, per_second: int) -> None:
        super().__init__(daemon=True)
        self._port = running.listener.port
        query = urlencode({**running.credentials(), "usage[hits]": 1, "log[code]": 200})
        self._request = (
            f"GET /transactions/authrep.xml?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        self._per_second = per_second
        self.acknowledged = 0
        self.latencies_ms: list[float] = []
        self.ended = False

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        workers = 32
        await asyncio.gather(*[self._call(worker, workers) for worker in range(workers)])

    async def _call(self, worker: int, workers: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        every_s = workers / self._per_second
        due = time.perf_counter() + worker / self._per_second
        while not self.ended:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            begun = time.perf_counter()
            writer.write(self._request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            self.acknowledged += 1
            self.latencies_ms.append((time.perf_counter() - begun) * 1000)
            due += every_s
        writer.close()


def main() -> None:
    """2,000 authrep/s; each question must hold all that was acknowledged before it was asked."""
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder) / "home") as running:
        quiet_ms = [_ask(running)[0] for _ in range(50)]
        load = Load(running, CALLS_PER_SECOND)
        load.start()
        time.sleep(2)
        answers_ms = []
        begun, before = time.perf_counter(), load.acknowledged
        for _ in range(QUESTIONS):
            acknowledged = load.acknowledged
            took_ms, total = _ask(running)
            assert total >= acknowledged, f"{acknowledged} acknowledged, {total} in the answer"
            answers_ms.append(took_ms)
            time.sleep(0.02)
        pace = (load.acknowledged - before) / (time.perf_counter() - begun)
        load.ended = True
        load.join()
        assert running.total("hits") == load.acknowledged
    quiet, loaded = percentile(quiet_ms, 0.99), percentile(answers_ms, 0.99)
    print(
        f"   without load   p50 {percentile(quiet_ms, 0.5):.1f} ms, p99 {quiet:.1f} ms (the baseline)"
    )
    print(
        f"   at {pace:,.0f} calls/s p50 {percentile(answers_ms, 0.5):.1f} ms, p99 {loaded:.1f} ms from acknowledged to seen"
    )
    print(f"   ratio of p99   {loaded / quiet:.2f}")
    print(
        f"   authrep at that pace: p50 {percentile(load.latencies_ms, 0.5):.2f} ms, p99 {percentile(load.latencies_ms, 0.99):.2f} ms"
    )


def _ask(running: Installation) -> tuple[float, int]:
    begun = time.perf_counter()
    total = running.total("hits", "day")
    return (time.perf_counter() - begun) * 1000, total
