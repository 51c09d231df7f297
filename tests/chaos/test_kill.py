"""kill -9 of the listener, the console or both, at random moments under load, hundreds of times.

After each kill what was acknowledged is compared with what is counted, in the ledger and in the history.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.acknowledged import CATALOG, Comparison, Worker, application_id
from support.installation import Installation

ROUNDS = int(os.environ.get("TALLYGATE_CHAOS_ROUNDS", "200"))
WORKERS = 4

pytestmark = [pytest.mark.chaos, pytest.mark.service, pytest.mark.timeout(900)]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """With checkpoints every second and small segments, so that kills fall into both."""
    made = Installation(tmp_path / "home", checkpoint_s="1", segment_bytes="200000")
    made.catalog(CATALOG)
    with made:
        yield made


def test_nothing_acknowledged_is_lost_or_counted_twice_however_often_processes_are_killed(
    installation: Installation,
) -> None:
    workers = [Worker(installation, application_id(installation)) for _ in range(WORKERS)]
    comparison = Comparison(installation, workers)
    for worker in workers:
        worker.start()
    for number in range(ROUNDS):
        for worker in workers:
            worker.resume()
        time.sleep(random.uniform(0.02, 0.4))
        victims = random.choices(
            [
                (installation.listener,),
                (installation.console,),
                (installation.listener, installation.console),
            ],
            weights=[6, 2, 1],
        )[0]
        for victim in victims:
            victim.kill()
        for victim in victims:
            victim.start()
        for victim in victims:
            victim.wait_until_ready()
        for worker in workers:
            worker.pause()
        comparison.check(f"round {number}, killed {len(victims)}")
    for worker in workers:
        worker.end()
    assert comparison.counted > ROUNDS
    installation.command("verify", "--home", str(installation.home))
