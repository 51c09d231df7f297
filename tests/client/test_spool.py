"""What is taken into a spool stays there until it is dealt with, whatever happens to who took it."""

import os
import resource
import signal
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallygate.client import part as files
from tallygate.client.part import Part
from tallygate.client.spool import SEGMENT_BYTES, Spool

LINE = b'{"service_id":"1","n":%d}\n'


def lines_in(folder: Path) -> list[bytes]:
    """All whole lines of a spool, in the order in which they were taken."""
    return [
        line
        for path in sorted(files.parts(folder))
        for segment in sorted(path.glob("*.ndjson"))
        for line in files.read_lines(segment)
    ]


def test_a_line_that_is_taken_is_on_file(tmp_path: Path) -> None:
    """Taken lines are in the file at once, in their order, for whoever reads it."""
    spool = Spool(tmp_path)
    taken = [LINE % n for n in range(100)]
    assert all(spool.take(line) for line in taken)
    assert lines_in(tmp_path) == taken
    assert spool.figures.spooled == 100


def test_only_sealed_segments_may_be_sent(tmp_path: Path) -> None:
    """A segment that is still written to is not among those to be sent."""
    spool = Spool(tmp_path)
    spool.take(LINE % 1)
    assert spool.sealed() == []
    spool.seal()
    spool.take(LINE % 2)
    (segment,) = spool.sealed()
    assert files.read_lines(segment) == [LINE % 1]


def test_a_spool_that_is_full_drops_and_counts_and_takes_again_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound holds for all processes together; what is dropped is counted; room made is used."""
    monkeypatch.setattr("tallygate.client.spool._LOOK_AGAIN_S", 0.0)
    first, second = (Spool(tmp_path, 4 * SEGMENT_BYTES) for _ in range(2))
    line = b"x" * (SEGMENT_BYTES // 4 - 1) + b"\n"
    taken = [spool.take(line) for _ in range(20) for spool in (first, second)]
    assert files.size_bytes(tmp_path) <= 4 * SEGMENT_BYTES
    assert taken.count(True) == len(lines_in(tmp_path)) >= 12
    assert first.figures.dropped + second.figures.dropped == taken.count(False) > 0
    first.seal()
    for segment in first.sealed():
        segment.unlink()
    assert first.take(line)


def test_on_a_full_disk_a_line_is_dropped_whole(tmp_path: Path) -> None:
    """What the disk does not take wholly leaves no half line, and what is taken later stands on its own."""
    spool = Spool(tmp_path)
    assert spool.take(LINE % 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(LINE % 1) + 5, before[1]))
    try:
        assert not spool.take(LINE % 2)
        assert not spool.take(LINE % 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert spool.take(LINE % 4)
    assert lines_in(tmp_path) == [LINE % 1, LINE % 4]
    assert (spool.figures.spooled, spool.figures.dropped) == (2, 2)


def test_a_folder_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    """Somebody who clears the folder does not end spooling."""
    spool = Spool(tmp_path / "spool")
    spool.take(LINE % 1)
    os.rename(tmp_path / "spool", tmp_path / "elsewhere")
    spool.seal()
    assert spool.take(LINE % 2)
    assert lines_in(tmp_path / "spool") == [LINE % 2]


def test_a_part_has_one_holder(tmp_path: Path) -> None:
    """What a living process spools nobody else takes over; what an ended one left, one of those that try does."""
    part = Part.create(tmp_path)
    _, descriptor = part.new_segment()
    os.close(descriptor)
    assert Part.adopt(part.path) is None
    part.forget()
    adopted = Part.adopt(part.path)
    assert adopted is not None
    assert Part.adopt(part.path) is None
    assert len(adopted.segments()) == 1


def test_an_empty_part_is_removed_when_it_is_left(tmp_path: Path) -> None:
    """Processes that come and go leave nothing behind when all is delivered."""
    spool = Spool(tmp_path)
    spool.close()
    assert list(files.parts(tmp_path)) == []


def test_a_forked_process_has_a_part_of_its_own(tmp_path: Path) -> None:
    """Child and parent write to different files, and when the parent has ended its part can be taken over while the child lives."""
    spool = Spool(tmp_path)
    spool.take(LINE % 1)
    (parents,) = files.parts(tmp_path)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        spool.take(LINE % 2)
        os.write(tell, b"x")
        time.sleep(60)
    try:
        os.read(told, 1)
        assert sorted(lines_in(tmp_path)) == [LINE % 1, LINE % 2]
        spool.close()
        assert Part.adopt(parents) is not None
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 20), st.data())
def test_a_torn_tail_loses_only_the_line_that_was_not_told(
    tmp_path: Path, number: int, data: st.DataObject
) -> None:
    """Cut anywhere, a segment gives all lines that are whole, and no part of one."""
    text = b"".join(LINE % n for n in range(number))
    cut = data.draw(st.integers(0, len(text)))
    segment = tmp_path / "000000000001.ndjson"
    segment.write_bytes(text[:cut])
    whole = text[:cut].count(b"\n")
    assert files.read_lines(segment) == [LINE % n for n in range(whole)]


def test_what_is_left_replaces_a_segment_at_once(tmp_path: Path) -> None:
    """A segment becomes the lines that are left, and keeps its age; with none left it is gone."""
    segment = tmp_path / "000000000001.ndjson"
    segment.write_bytes(b"a\nb\nc\n")
    os.utime(segment, (1_000, 2_000))
    files.replace_lines(segment, [b"b\n"])
    assert segment.read_bytes() == b"b\n"
    assert segment.stat().st_mtime == 2_000
    files.replace_lines(segment, [])
    assert list(tmp_path.iterdir()) == []


def test_the_draft_of_a_process_that_ended_is_removed(tmp_path: Path) -> None:
    """A crash between writing what is left and putting it in place leaves the segment as it was."""
    part = Part.create(tmp_path)
    (part.path / "000000000001.ndjson").write_bytes(b"a\nb\n")
    (part.path / "000000000001.draft").write_bytes(b"b")
    part.forget()
    adopted = Part.adopt(part.path)
    assert adopted is not None
    assert [each.name for each in sorted(part.path.iterdir())] == ["000000000001.ndjson", "lock"]
    assert files.read_lines(adopted.segments()[0]) == [b"a\n", b"b\n"]
