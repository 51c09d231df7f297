"""Forgetting an application on one machine: whatever dies when, it stays forgotten, and what came later is counted."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallygate.domain.clock import ManualClock
from tallygate.domain.limits import PERIOD_BY_NAME
from tallygate.ledger.embedded import state
from tallygate.ledger.embedded.checkpoint import Checkpointer, Steps, Write
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.logs import EmbeddedLogs
from tallygate.ledger.usage import LimitOn, Usage
from tallygate.settings import Settings

NOON_S = 1_709_208_000  # 2024-02-29T12:00:00Z
NAME = "the-application-to-forget"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, checkpoint_s=10**6)


class Session:
    """A ledger in the loop of a test, that can be lost as by kill -9."""

    def __init__(self, settings: Settings, runner: asyncio.Runner) -> None:
        self._settings, self._runner = settings, runner
        self.clock = ManualClock.at(NOON_S)
        self.ledger = self._open()

    def _open(self) -> EmbeddedLedger:
        ledger = EmbeddedLedger.open(self._settings, self.clock)
        ledger.attach(self._runner.get_loop())
        return ledger

    def lose(self) -> None:
        """Kills it and starts another."""
        assert self.ledger._timer is not None
        self.ledger._timer.cancel()
        self.ledger._lock.close()
        self.ledger = self._open()

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def count(self, entry_id: str = "", application: str = NAME) -> bool:
        """One hit; whether it was a repetition."""
        limits, usage = [LimitOn("hits", PERIOD_BY_NAME["day"], 10)], Usage((("hits", 1),))
        call = self.ledger.prepare("1", application, limits, usage, levels=[50])
        return bool(self.run(self.ledger.check_and_record(call, entry_id)).repeated)

    def hits(self, application: str = NAME) -> int:
        return self.ledger.current("1", application, "hits")["eternity"]

    def forget(self) -> None:
        self.run(self.ledger.forget("1", NAME))

    def checkpoint(self) -> None:
        self.run(self.ledger.checkpoint())

    def follow(self) -> None:
        """As a historian that has all of the log."""
        logs = EmbeddedLogs(self._settings.ledger)
        logs.consumed(logs.end())

    def traces(self) -> dict[str, int]:
        return dict(self.run(self.ledger.traces("1", NAME)))


@pytest.fixture
def session(settings: Settings, runner: asyncio.Runner) -> Iterator[Session]:
    opened = Session(settings, runner)
    yield opened
    opened.ledger.close()


def finish(checkpointer: Checkpointer, steps: Steps, write: Write | None) -> None:
    """Runs a checkpoint from the step in hand to its end."""
    with pytest.raises(StopIteration) as ended:
        go_on(checkpointer, steps, write)
    assert ended.value.value


def go_on(checkpointer: Checkpointer, steps: Steps, write: Write | None) -> None:
    while True:
        write = steps.send(checkpointer._try(write) if write else None)


def files_that_hold(folder: Path, name: str) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and name.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("checkpoint_before", [False, True])
@pytest.mark.parametrize("checkpoint_after", [False, True])
@pytest.mark.parametrize("counted_after", [False, True])
def test_a_death_after_forgetting_brings_nothing_back_and_loses_nothing(
    session: Session, checkpoint_before: bool, checkpoint_after: bool, counted_after: bool
) -> None:
    """Counters, ids and events; whatever of it had been on disk."""
    session.count("x")
    session.count("y")
    session.count("of b", "b")
    if checkpoint_before:
        session.checkpoint()
    session.forget()
    if counted_after:
        assert not session.count("x")
    if checkpoint_after:
        session.checkpoint()
    session.lose()
    assert session.hits() == counted_after
    assert session.hits("b") == 1
    assert session.count("x") == counted_after
    assert not session.count("y")
    assert session.count("of b", "b")
    kinds = [each.kind for each in session.run(session.ledger.events()) if each.application == NAME]
    assert kinds == ["first_traffic", "first_daily_traffic"]


def test_a_death_between_log_and_events_is_made_good_by_the_next_start(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what was raised nothing is left then, and the first traffic is the first one."""
    session.count()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session.ledger._events, "forget", die)
    with pytest.raises(KeyboardInterrupt):
        session.forget()
    session.lose()
    assert session.hits() == 0
    assert session.run(session.ledger.events()) == []
    session.count()
    assert len(session.run(session.ledger.events())) == 2


def test_a_checkpoint_under_way_brings_nothing_back(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and ids that it had copied before, and is still writing, are void."""
    session.count("x")
    checkpointer = session.ledger._checkpointer
    steps = checkpointer.steps()
    write = next(steps)
    assert write is not None  # the ids
    session.forget()
    session.count("y")
    finish(checkpointer, steps, write)
    session.checkpoint()
    found = session.traces()
    assert (found["counters"], found["ids"]) == (1, 1)
    session.lose()
    assert session.hits() == 1
    assert not session.count("x")
    assert session.count("y")


def test_rows_that_were_copied_before_are_void(session: Session) -> None:
    """The checkpoint has packed the counters, and writes them only after they were forgotten."""
    session.count()
    checkpointer = session.ledger._checkpointer
    steps = checkpointer.steps()
    assert next(steps) is None  # the counters are packed
    session.forget()
    finish(checkpointer, steps, None)
    session.lose()
    assert session.traces()["counters"] == 0
    assert session.hits() == 0


def test_no_file_of_the_ledger_names_it_once_the_history_has_followed(
    session: Session, settings: Settings
) -> None:
    """Neither the log nor the databases, what they have freed included, nor the record of forgetting itself."""
    for number in range(30):
        session.count(f"id-{number}")
        session.count(application=f"other-{number}")
        if number % 10 == 0:
            session.checkpoint()
    session.forget()
    session.follow()
    assert session.traces() == {"counters": 0, "ids": 0, "events": 0, "log": 0}
    session.lose()
    session.ledger.close()
    assert files_that_hold(settings.ledger, NAME) == []
    assert files_that_hold(settings.ledger, "other-7") != []
    session.lose()


def test_what_the_history_does_not_have_yet_stays_in_the_log(session: Session) -> None:
    session.count()
    session.forget()
    session.follow()
    session.count(application="b")
    assert session.traces()["log"] == 2  # in one segment with what came later
    session.count(application="b")
    session.follow()
    assert session.traces()["log"] == 0


def test_events_that_cannot_be_deleted_now_are_deleted_later(
    session: Session, settings: Settings
) -> None:
    """Another process holds the file. No checkpoint is made before."""
    session.count()
    with sqlite3.connect(settings.ledger / "events.db", isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        session.forget()
        session.checkpoint()
        assert session.ledger._checkpointer.position == 0
        holder.execute("ROLLBACK")
    holder.close()
    assert session.traces()["events"] == 0
    session.count()
    assert len(session.run(session.ledger.events())) == 2


def test_a_table_of_ids_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its ids stay known; they are nobody's, so that they stay when somebody is forgotten."""
    with sqlite3.connect(tmp_path / "state.db") as former:
        former.execute(
            "CREATE TABLE ids (key BLOB NOT NULL PRIMARY KEY, content BLOB NOT NULL,"
            " expires_s INTEGER NOT NULL) WITHOUT ROWID"
        )
        former.execute("INSERT INTO ids VALUES (x'01', x'02', 3)")
    former.close()
    for _ in range(2):
        connection = state.connect(tmp_path / "state.db")
        assert connection.execute("SELECT * FROM ids").fetchall() == [(b"\1", b"\2", 3, b"")]
        connection.close()
