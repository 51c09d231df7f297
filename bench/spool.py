"""Reports on file: what taking one costs, and what an outage of an hour at 1,000/s takes and leaves."""

import os
import statistics
import tempfile
import time
from pathlib import Path

from support.installation import Installation

from bench.load import folder_bytes, spread
from tallygate.client import Client
from tallygate.client.protocol import Credentials
from tallygate.client.report import line

REPORTS = 50_000
ROUNDS = 5
OUTAGE_REPORTS = 3_600_000


def main() -> None:
    """One thread. The baseline is a write of the same line to a file."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Installation(home / "home") as running:
            running.listener.kill()
            client = _client(running, home / "spool")
            user_key = running.ids["application"]["user_key"]
            bare = [_written_per_second(home, user_key) for _ in range(ROUNDS)]
            taken = [_taken_per_second(client, user_key) for _ in range(ROUNDS)]
            print(f"   a write of the line   {spread(bare)} /s")
            ratio = statistics.median(taken) / statistics.median(bare)
            print(f"   reports taken         {spread(taken)} /s, ratio {ratio:.2f}")
            _outage(running, client, user_key, home / "spool")


def _client(running: Installation, spool: Path) -> Client:
    product = running.ids["product"]
    url = f"http://127.0.0.1:{running.listener.port}"
    return Client(product["service_token"], product["id"], listener=url, spool=spool)


def _written_per_second(home: Path, user_key: str) -> float:
    text = line("1", Credentials(user_key), {"hits": 1}, "JR_w07tME7kt-1", 200)
    descriptor = os.open(home / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    begun = time.perf_counter()
    for _ in range(REPORTS):
        os.write(descriptor, text)
    took_s = time.perf_counter() - begun
    os.close(descriptor)
    return REPORTS / took_s


def _taken_per_second(client: Client, user_key: str) -> float:
    begun = time.perf_counter()
    for _ in range(REPORTS):
        assert client.report(user_key=user_key, usage={"hits": 1}, response_code=200)
    return REPORTS / (time.perf_counter() - begun)


def _outage(running: Installation, client: Client, user_key: str, spool: Path) -> None:
    while client.figures.spooled < OUTAGE_REPORTS:
        client.report(user_key=user_key, usage={"hits": 1}, response_code=200)
    size = folder_bytes(spool)
    print(
        f"   an hour at 1,000/s    {size / 1e6:.0f} MB, {size / OUTAGE_REPORTS:.0f} bytes a report"
    )
    running.listener.start()
    running.listener.wait_until_ready()
    begun = time.perf_counter()
    assert client.flush(600)
    took_s = time.perf_counter() - begun
    counted = running.total("hits")
    print(
        f"   delivered in          {took_s:.0f} s ({OUTAGE_REPORTS / took_s:,.0f}/s);"
        f" counted {counted:,} of {client.figures.spooled:,}, difference {counted - client.figures.spooled}"
    )
    assert counted == client.figures.spooled
