"""kill -9 of applications that report, and of the listener to which they do, at random moments, again and again.

What an application was told is on file is counted, once; so is, or is not, the one report of each process that was
killed before it was told.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import reporting_application
from support.installation import Installation

from tallygate.client import Client

ROUNDS = int(os.environ.get("TALLYGATE_CHAOS_ROUNDS", "40"))
PROCESSES = 3

pytestmark = [pytest.mark.chaos, pytest.mark.service, pytest.mark.timeout(900)]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "home", checkpoint_s="1", segment_bytes="200000") as made:
        yield made


class Application:
    """Processes that report, in a group of their own, to be killed together."""

    def __init__(self, arguments: list[str], output: Path) -> None:
        self._output = output
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, reporting_application.__file__, *arguments, str(PROCESSES)],
                stdout=file, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> tuple[int, int]:
        """How many reports were begun, and how many it was told are on file."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        said = self._output.read_bytes()
        return said.count(b"+"), said.count(b".")


def test_what_is_on_file_is_counted_once_whoever_is_killed(
    installation: Installation, tmp_path: Path
) -> None:
    product = installation.ids["product"]
    url = f"http://127.0.0.1:{installation.listener.port}"
    spool = tmp_path / "spool"
    given = [url, product["service_token"], str(product["id"]), installation.ids["application"]["user_key"], str(spool)]  # fmt: skip
    begun = told = 0
    for number in range(ROUNDS):
        application = Application(given, tmp_path / f"said-{number}")
        time.sleep(random.uniform(0.3, 1.2))
        if number % 2:
            installation.listener.kill()
            time.sleep(random.uniform(0, 0.3))
        more, of_them_told = application.kill()
        begun, told = begun + more, told + of_them_told
        if not installation.listener.alive:
            installation.listener.start()
            installation.listener.wait_until_ready()
    last = Client(product["service_token"], product["id"], listener=url, spool=spool)
    give_up_at = time.monotonic() + 60
    while not last.flush(1) or list(spool.rglob("*.ndjson")):
        assert time.monotonic() < give_up_at, last.figures
        time.sleep(0.1)
    last.close()
    counted = installation.total("hits")
    assert not last.figures.lost
    assert told > ROUNDS
    assert told <= counted <= begun <= told + ROUNDS * PROCESSES
