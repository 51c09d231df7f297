"""The log of one machine as the historian follows it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.logs import EmbeddedLogs
from tallygate.ledger.entry import FORGET, Entry
from tallygate.settings import Settings


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, segment_bytes=400)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[EmbeddedLedger]:
    with EmbeddedLedger.open(settings, ManualClock.at(1_584_526_800)) as opened:
        yield opened


@pytest.fixture
def logs(settings: Settings) -> EmbeddedLogs:
    return EmbeddedLogs(settings.ledger)


def count(ledger: EmbeddedLedger, *applications: str) -> None:
    """One frame."""
    ledger.record([Entry("1", name, 0, (("hits", 1),)) for name in applications])
    ledger.flush()


def read_all(logs: EmbeddedLogs, limit: int) -> list[list[str]]:
    """The applications in each chunk."""
    position, end, found = logs.begin(), logs.end(), []
    while position != end:
        chunk = logs.read(position, end, limit)
        position = chunk.end
        found.append([each.application for each in chunk.entries])
    return found


def test_a_log_that_was_never_written_is_empty(logs: EmbeddedLogs) -> None:
    assert logs.begin() == logs.end() == {"": 0}
    assert logs.read({}, {"": 0}, 10) == ({"": 0}, [])


def test_a_read_stops_behind_its_limit_at_the_end_of_a_frame(
    ledger: EmbeddedLedger, logs: EmbeddedLogs
) -> None:
    for first, second in ("ab", "cd", "ef"):
        count(ledger, first, second)
    assert read_all(logs, limit=3) == [["a", "b", "c", "d"], ["e", "f"]]


def test_nothing_is_read_behind_the_place_that_was_asked_for(
    ledger: EmbeddedLedger, logs: EmbeddedLogs
) -> None:
    count(ledger, "before")
    until = logs.end()
    count(ledger, "after")
    chunk = logs.read({}, until, 10)
    assert [each.application for each in chunk.entries] == ["before"]
    assert chunk.end == until
    assert logs.read(until, until, 10).entries == []


def test_forgetting_comes_alone(ledger: EmbeddedLedger, logs: EmbeddedLogs) -> None:
    count(ledger, "a")
    count(ledger, "b")
    asyncio.run(ledger.forget("1"))
    asyncio.run(ledger.forget("2"))
    count(ledger, "c")
    assert read_all(logs, limit=100) == [["a", "b"], [""], [""], ["c"]]
    chunk = logs.read(logs.read({}, logs.end(), 100).end, logs.end(), 100)
    assert [(each.service, each.code) for each in chunk.entries] == [("1", FORGET)]


def test_what_was_consumed_may_go_from_the_disk_and_nothing_else(
    ledger: EmbeddedLedger, logs: EmbeddedLogs, settings: Settings
) -> None:
    logs.consumed({})
    while len(list((settings.ledger / "log").glob("*.seg"))) < 4:
        count(ledger, *"abcdefgh")
    ledger.checkpoint_now()
    assert logs.begin() == {"": 0}
    logs.consumed(logs.end())
    count(ledger, "a")
    ledger.checkpoint_now()
    assert logs.begin()[""] > 0
    with pytest.raises(ValueError, match="already removed"):
        logs.read({"": 0}, logs.end(), 10)
