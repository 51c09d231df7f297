"""The history behind the real ledger: what is acknowledged is in the next answer."""

import gzip
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.history_data import NOW_S, entry

from tallygate.domain.calendar import find_zone, window
from tallygate.domain.clock import ManualClock
from tallygate.history import History, Question
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.settings import Settings

REAL_LOG = Path(__file__).parents[1] / "data" / "apache_access_10k.log.gz"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock.at(NOW_S)


@pytest.fixture
def ledger(home: Path, clock: ManualClock) -> Iterator[EmbeddedLedger]:
    with EmbeddedLedger.open(Settings(home=home, segment_bytes=4096), clock) as opened:
        yield opened


def open_history(home: Path, clock: ManualClock) -> History:
    return History.open(Settings(home=home), clock)


def total(history: History, series: str) -> int:
    forever = window(find_zone("UTC"), NOW_S, period="eternity")
    return history.ask(Question((series,), forever, "1")).total


def test_whatever_was_acknowledged_before_the_question_is_in_the_answer(
    home: Path, clock: ManualClock, ledger: EmbeddedLedger
) -> None:
    with open_history(home, clock) as history:
        for acknowledged in range(1, 20):
            ledger.record([entry(code=200)])
            ledger.flush()
            assert total(history, "m:7") == acknowledged
        assert history.verify() == []


def test_a_history_that_never_ran_finds_the_whole_log(
    home: Path, clock: ManualClock, ledger: EmbeddedLedger
) -> None:
    for _ in range(200):
        ledger.record([entry()] * 5)
        ledger.flush()
        ledger.checkpoint_now()
    with open_history(home, clock) as history:
        assert total(history, "m:7") == 1000


def test_segments_that_the_history_has_read_may_be_removed(
    home: Path, clock: ManualClock, ledger: EmbeddedLedger
) -> None:
    def segments() -> int:
        return len(list((home / "ledger" / "log").glob("*.seg")))

    with open_history(home, clock) as history:
        for _ in range(100):
            ledger.record([entry(application=f"app{number}") for number in range(10)])
            ledger.flush()
        before = segments()
        assert total(history, "m:7") == 1000
        ledger.checkpoint_now()
        assert segments() < before
        ledger.record([entry()])
        ledger.flush()
        assert total(history, "m:7") == 1001


def test_an_empty_home_has_an_empty_history(home: Path, clock: ManualClock) -> None:
    with open_history(home, clock) as history:
        assert total(history, "m:7") == 0
        assert history.verify() == []
        assert history.last_hit_s("1", "m:7") is None


def test_the_answers_of_a_real_access_log_are_counted_by_code(
    home: Path, clock: ManualClock, ledger: EmbeddedLedger
) -> None:
    with gzip.open(REAL_LOG, "rt", encoding="utf-8", errors="replace") as lines:
        codes = [int(line.rpartition('" ')[0].rpartition('" ')[2].split()[0]) for line in lines]
    ledger.record(
        entry(NOW_S - index, {"7": 1}, application=f"app{index % 50}", code=code)
        for index, code in enumerate(codes)
    )
    ledger.flush()
    with open_history(home, clock) as history:
        found = {code: total(history, f"c:{code}") for code in set(codes)}
        assert found == Counter(codes)
        assert total(history, "m:7") == len(codes) == 10_000
        assert history.verify() == []


def test_a_question_that_finds_a_second_of_heavy_traffic_is_answered_soon(
    home: Path, clock: ManualClock, ledger: EmbeddedLedger
) -> None:
    with open_history(home, clock) as history:
        ledger.record([entry()])
        ledger.flush()
        assert total(history, "m:7") == 1
        ledger.record(entry(application=f"app{number % 500}", code=200) for number in range(2000))
        ledger.flush()
        begun = time.monotonic()
        assert total(history, "m:7") == 2001
        assert time.monotonic() - begun < 2
