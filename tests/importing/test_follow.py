"""A log that is followed gives each of its lines once, in order, over rotations; and the command counts them."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.command_line import COMMAND, environment, wait_until
from support.installation import Installation

from tallygate.importing import follow
from tallygate.importing.follow import Chunk, Followed
from tallygate.importing.source import LINE_AT_MOST_BYTES

Follow = Callable[[Path], list[Chunk]]


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    """Follows a file in a thread; gives the list into which chunks come."""
    monkeypatch.setattr(follow, "LOOK_EVERY_S", 0.01)
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start(file: Path) -> list[Chunk]:
        found: list[Chunk] = []
        thread = threading.Thread(target=_collect, args=(Followed(str(file), stop), found))
        thread.start()
        threads.append(thread)
        return found

    yield start
    stop.set()
    for each in threads:
        each.join()


def _collect(source: Followed, found: list[Chunk]) -> None:
    for chunk in source.chunks():
        found.append(chunk)  # noqa: PERF402 (looked at while it grows)


def texts(found: list[Chunk]) -> list[str]:
    return [line.text for chunk in found for line in chunk.lines]


def has(found: list[Chunk], *wanted: str) -> None:
    wait_until(lambda: len(texts(found)) >= len(wanted), f"{wanted} have not come")
    assert texts(found) == list(wanted)


def append(file: Path, text: str) -> None:
    with file.open("a") as opened:
        opened.write(text)


def test_lines_come_when_they_are_whole(tmp_path: Path, followed: Follow) -> None:
    """What was there, then what is added; half a line waits for its end; a file that is not there is waited for."""
    file = tmp_path / "log"
    found = followed(file)
    file.write_text("a\nb\nha")
    has(found, "a", "b")
    append(file, "lf\n")
    has(found, "a", "b", "half")
    assert found[0].begins
    assert not any(chunk.begins for chunk in found[1:] if chunk.lines[0].number > 1)


def test_a_rotated_file_is_read_to_its_end_and_then_the_new_one(
    tmp_path: Path, followed: Follow
) -> None:
    """By renaming: also what is written to the old file afterwards, and a last line without an end."""
    file = tmp_path / "log"
    file.write_text("a\n")
    found = followed(file)
    has(found, "a")
    with file.open("a") as old:
        os.rename(file, tmp_path / "log.1")
        old.write("late\nwithout end")
        old.flush()
        file.write_text("new\n")
        has(found, "a", "late", "without end", "new")
    assert [chunk.begins for chunk in found if chunk.lines[0].text in ("a", "new")] == [True, True]


def test_an_emptied_file_is_read_from_its_beginning(tmp_path: Path, followed: Follow) -> None:
    """By copytruncate."""
    file = tmp_path / "log"
    file.write_text("a long line\n")
    found = followed(file)
    has(found, "a long line")
    os.truncate(file, 0)
    append(file, "b\n")
    has(found, "a long line", "b")
    assert found[-1].begins


def test_a_line_that_is_too_long_is_one_line_that_is_not_whole(
    tmp_path: Path, followed: Follow
) -> None:
    file = tmp_path / "log"
    file.write_text("x" * (2 * LINE_AT_MOST_BYTES + 5) + "\nb\n")
    found = followed(file)
    wait_until(lambda: len(texts(found)) == 2, "the lines have not come")
    assert [line.whole for chunk in found for line in chunk.lines] == [False, True]
    assert [line.number for chunk in found for line in chunk.lines] == [1, 2]


LINE = '203.0.113.9 - - [17/May/2015:10:05:{:02} +0000] "GET /a HTTP/1.1" 200 5 "-" "curl"\n'


@pytest.mark.service
def test_the_command_counts_each_line_once_over_restarts_and_rotations(
    home: Path, tmp_path: Path
) -> None:
    """While it runs, while the listener does not, after kill -9, over a rotation, and when two lines are equal."""
    log = tmp_path / "access.log"
    log.write_text(LINE.format(0) * 2)
    command = [*COMMAND, "import", "access-log", str(log), "--product=1", "--follow", f"--home={home}"]  # fmt: skip

    def start() -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    with Installation(home) as running:
        following = start()
        try:
            wait_until(lambda: running.total("hits") == 2, "what was there is not counted")
            running.listener.kill()
            append(log, LINE.format(1))
            running.listener.start()
            wait_until(lambda: running.total("hits") == 3, "what was added is not counted")
            following.kill()
            following.communicate()
            append(log, LINE.format(2))
            following = start()
            wait_until(lambda: running.total("hits") == 4, "what was added meanwhile is missing")
            os.rename(log, tmp_path / "access.log.1")
            log.write_text(LINE.format(3))
            wait_until(lambda: running.total("hits") == 5, "the new file is not counted")
            following.send_signal(signal.SIGTERM)
            printed, _ = following.communicate(timeout=20)
        finally:
            following.kill()
        assert following.returncode == 0
        assert re.search(r"^ +5  lines read$", printed, re.MULTILINE)
        assert re.search(r"^ +2  counted now$", printed, re.MULTILINE)
        assert running.total("hits") == 5
