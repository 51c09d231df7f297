"""Idle memory, start to ready, and bytes on disk."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.installation import Installation, free_port, get

from bench.load import folder_bytes, percentile, resident_mb, tree

ENTRIES = 500_000
DAYS = 30
BATCH = 20_000
STARTS = 5


def main() -> None:
    """One installation with its first provider; then 500,000 entries of 30 days and 1,000 applications."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        installation = Installation(home)
        _starts(installation)
        _disk(installation)


def _starts(installation: Installation) -> None:
    took_s, memory = [], []
    for _ in range(STARTS):
        listener, console = free_port(), free_port()
        begun = time.perf_counter()
        served = subprocess.Popen(
            [sys.executable, "-m", "tallygate.cli", "serve", "--home", str(installation.home),
             "--listener", f"127.0.0.1:{listener}", "--console", f"127.0.0.1:{console}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for port, path in ((listener, "/status"), (console, "/healthz")):
            while not _ready(port, path):
                time.sleep(0.01)
        took_s.append(time.perf_counter() - begun)
        _ask(installation, console)  # the engine is open now
        time.sleep(2)
        memory.append(sum(resident_mb(pid) for pid in tree(served.pid)))
        parts = ", ".join(f"{resident_mb(pid):.0f}" for pid in tree(served.pid))
        served.send_signal(signal.SIGTERM)
        served.wait(15)
    print(
        f"   start to ready  {percentile(took_s, 0.5):.2f} s (slowest of {STARTS}: {max(took_s):.2f} s)"
    )
    print(f"   idle memory     {percentile(memory, 0.5):.0f} MB resident in all (last: {parts})")


def _ready(port: int, path: str) -> bool:
    try:
        return get(port, path)[0] == 200
    except OSError:
        return False


def _ask(installation: Installation, port: int) -> None:
    token, product = installation.ids["access_token"], installation.ids["product"]["id"]
    status, body = get(
        port,
        f"/stats/services/{product}/usage.json?access_token={token}&metric_name=hits&period=day",
    )
    assert status == 200, body


def _disk(installation: Installation) -> None:
    """Writes entries straight into log and history, as the listener and the historian do."""
    script = f"""
import random
from bench.footprint import fill
fill({str(installation.home)!r}, {ENTRIES}, {DAYS}, {BATCH})
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"   log             {found['log'] / ENTRIES:.1f} bytes per entry, until the history has it"
    )
    for table in ("raw", "usage_minute", "usage_quarter"):
        rows, size = found[table]
        print(f"   {table:15} {size / rows:.2f} bytes per row, {rows:,} rows")
    print(f"   history in all  {found['history'] / ENTRIES:.1f} bytes per entry on disk")


def fill(home: str, entries: int, days: int, batch: int) -> None:
    """Fills a home that nothing runs on; prints sizes as JSON."""
    from tallygate.domain.clock import SystemClock
    from tallygate.history import History
    from tallygate.history.engine import ChdbEngine
    from tallygate.history.schema import create_tables
    from tallygate.ledger.embedded.ledger import EmbeddedLedger
    from tallygate.ledger.entry import Entry
    from tallygate.settings import load

    settings = load({}, home=home)
    clock = SystemClock()
    random.seed(7)
    now_ms, span_ms = clock.now_ms(), days * 86_400_000
    times = sorted(now_ms - random.randrange(span_ms - 86_400_000) for _ in range(entries))
    weights = [1 / (rank + 1) for rank in range(1_000)]
    applications = random.choices([f"{n:08x}" for n in range(1_000)], weights, k=entries)
    with EmbeddedLedger.open(settings, clock) as ledger:
        for start in range(0, entries, batch):
            ledger.record(
                Entry(
                    "1", applications[place], times[place],
                    (("1", 1), (str(random.randrange(2, 8)), 1)),
                    random.choices((200, 201, 404, 500), (90, 5, 4, 1))[0],
                )
                for place in range(start, min(start + batch, entries))
            )  # fmt: skip
            ledger.flush()
        log_bytes = folder_bytes(settings.ledger / "log")
    with History.open(settings, clock) as history:
        history.catch_up()
    engine = ChdbEngine(settings.history, create_tables)
    for table in ("raw", "usage_minute", "usage_quarter"):
        engine.execute(f"OPTIMIZE TABLE history.{table} FINAL")
    parts = engine.query(
        "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts"
        " WHERE active AND database = 'history' GROUP BY table"
    )
    engine.close()
    sizes = {table: (rows, size) for table, rows, size in parts}
    in_all = sum(size for _, size in sizes.values())
    print(json.dumps({"log": log_bytes, "history": in_all, **sizes}))
