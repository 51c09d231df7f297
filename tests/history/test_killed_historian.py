"""SIGKILL at any moment of writing and forgetting neither loses nor doubles."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from support.history_data import NOW_S, open_history

from tallygate.domain.calendar import find_zone, window
from tallygate.history import FORGOTTEN, Question
from tallygate.ledger.entry import FORGET

sys.path.insert(0, str(Path(__file__).parent))

from killed_historian import entries, logs

PROGRAM = Path(__file__).with_name("killed_historian.py")
ROOT = Path(__file__).parents[2]
COUNT = 4_000


@pytest.mark.service
def test_a_historian_that_is_killed_again_and_again_counts_each_entry_once(home: Path) -> None:
    kills = 0
    while not _ran_to_its_end(home, random.uniform(0.05, 0.6)):
        kills += 1
        assert kills < 100
    assert kills > 2

    expected: Counter[tuple[str, str]] = Counter()
    own = 0
    for each in entries(COUNT):
        if each.code == FORGET and each.application:
            own = 0  # in the totals its usage stays
            continue
        if each.code == FORGET:
            expected = Counter(
                {key: value for key, value in expected.items() if key[0] != each.service}
            )
            continue
        for metric, delta in each.usage:
            expected[each.service, f"m:{metric}"] += delta
        expected[each.service, f"c:{each.code}"] += 1
        own += (each.service, each.application) == ("3", "app1")
    forever = window(find_zone("UTC"), NOW_S, period="eternity")
    with open_history(home, logs(COUNT)) as history:
        found = {
            (product, series): history.ask(Question((series,), forever, product)).total
            for product, series in expected
        }
        assert found == expected
        assert {product for product, _ in expected} == {"1", "2", "3"}
        question = Question(("m:7",), forever, "3", split=("application",))
        lines = {line.application: line.total for line in history.ask(question).lines}
        assert lines["app1"] == own > 0
        assert lines[FORGOTTEN] > own
        assert sum(lines.values()) == expected["3", "m:7"]
        assert history.verify() == []


def _ran_to_its_end(home: Path, kill_after_s: float) -> bool:
    """Runs the historian, and kills it so long after it has noted its first batch."""
    command = [sys.executable, PROGRAM, home, str(COUNT)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            note = home / "history" / "historian.json"
            before = note.stat().st_mtime_ns if note.exists() else 0
            while process.poll() is None:
                if note.exists() and note.stat().st_mtime_ns != before:
                    break
                time.sleep(0.005)
            process.communicate(timeout=kill_after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        assert process.returncode == 0
        return True
