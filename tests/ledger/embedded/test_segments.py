"""What the log promises about damage, cuts and full disks."""

import contextlib
import errno
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tallygate.domain.errors import LogCorrupt
from tallygate.ledger.embedded import segments as ledger_segments
from tallygate.ledger.embedded.log import LogReader
from tallygate.ledger.embedded.segments import HEADER_BYTES, SegmentWriter, read_mark, segments
from tallygate.ledger.entry import Entry, encode_body, record

SEGMENT_BYTES = 600


def payload(number: int) -> bytes:
    entry = Entry("1", f"application-{number}", 0, (("10", number),))
    return record(1_700_000_000_000 + number, encode_body(entry))


def write(folder: Path, count: int, segment_bytes: int = SEGMENT_BYTES) -> list[int]:
    """Writes `count` frames of one entry; returns where each ends."""
    writer = SegmentWriter(folder, segment_bytes)
    ends = []
    for number in range(count):
        writer.append(payload(number))
        ends.append(writer.end)
    writer.close()
    return ends


def open_files(folder: Path) -> int:
    """How many descriptors this process holds on files of the folder."""
    targets = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the listing's own
            targets.append(descriptor.readlink())
    return sum(target.is_relative_to(folder) for target in targets)


def names(folder: Path, after: int = 0) -> list[str]:
    frames = LogReader(folder).frames(after)
    return [entry.application for _, entries in frames for entry in entries]


def expected(count: int) -> list[str]:
    return [f"application-{number}" for number in range(count)]


def test_frames_are_read_back_in_order_over_all_segments(tmp_path: Path) -> None:
    write(tmp_path, 50)
    assert len(segments(tmp_path)) > 3
    assert names(tmp_path) == expected(50)


def test_reading_goes_on_from_any_frames_end(tmp_path: Path) -> None:
    for place, end in enumerate(write(tmp_path, 30)):
        assert names(tmp_path, end) == expected(30)[place + 1 :]


def test_a_log_cut_at_any_byte_keeps_every_whole_frame_and_can_be_written_on(
    tmp_path: Path,
) -> None:
    """A power cut may end the last segment anywhere."""
    whole = tmp_path / "whole"
    ends = write(whole, 6, segment_bytes=10_000)
    data = segments(whole)[-1].path.read_bytes()
    for cut in range(len(data) + 1):
        folder = tmp_path / "cut"
        shutil.copytree(whole, folder)
        segments(folder)[-1].path.write_bytes(data[:cut])
        kept = sum(end <= cut for end in ends)
        writer = SegmentWriter(folder, 10_000)
        assert writer.end == ([0, *ends])[kept]
        writer.append(payload(99))
        writer.close()
        assert names(folder) == [*expected(kept), "application-99"], f"cut at {cut}"
        shutil.rmtree(folder)


def test_garbage_instead_of_a_last_frame_is_cut_off(tmp_path: Path) -> None:
    """Blocks of a torn write may hold anything, zeros included."""
    for garbage in (b"\0" * 300, b"\xff" * 300, b"TGL1" * 60, bytes(range(256))):
        folder = tmp_path / garbage[:2].hex()
        write(folder, 3, segment_bytes=10_000)
        path = segments(folder)[-1].path
        path.write_bytes(path.read_bytes() + garbage)
        SegmentWriter(folder, 10_000).close()
        assert names(folder) == expected(3)


def test_any_flipped_byte_before_the_last_frame_stops_the_start_with_the_file_named(
    tmp_path: Path,
) -> None:
    ends = write(tmp_path, 4, segment_bytes=10_000)
    path = segments(tmp_path)[-1].path
    data = path.read_bytes()
    for at in range(ends[-2]):
        damaged = bytearray(data)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(LogCorrupt, match=path.name):
            SegmentWriter(tmp_path, 10_000)
        assert path.read_bytes() == damaged, "a damaged log is left as it is"


def test_a_missing_segment_stops_the_start(tmp_path: Path) -> None:
    write(tmp_path, 50)
    segments(tmp_path)[1].path.unlink()
    with pytest.raises(LogCorrupt, match="next segment begins"):
        SegmentWriter(tmp_path, SEGMENT_BYTES)


def test_damage_inside_the_durable_part_is_told_to_readers(tmp_path: Path) -> None:
    ends = write(tmp_path, 3, segment_bytes=10_000)
    path = segments(tmp_path)[-1].path
    data = bytearray(path.read_bytes())
    data[ends[1] + HEADER_BYTES] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogCorrupt, match=path.name):
        names(tmp_path)


def test_what_is_written_but_not_yet_durable_is_not_read(tmp_path: Path) -> None:
    """It may still be taken back when its sync fails."""
    ends = write(tmp_path, 2, segment_bytes=10_000)
    (tmp_path / "durable").write_bytes(ends[0].to_bytes(8, "little"))
    assert names(tmp_path) == expected(1)
    SegmentWriter(tmp_path, 10_000).close()
    assert names(tmp_path) == expected(2)


def test_trimming_removes_only_segments_that_end_before_the_position(tmp_path: Path) -> None:
    ends = write(tmp_path, 50)
    writer = SegmentWriter(tmp_path, SEGMENT_BYTES)
    before = len(segments(tmp_path))
    assert not writer.trimmable(segments(tmp_path)[0].end - 1)
    position = ends[20]
    assert writer.trimmable(position)
    removed = writer.trim(position)
    assert 0 < removed < before
    assert segments(tmp_path)[0].base <= position
    assert names(tmp_path, position) == expected(50)[21:]
    assert writer.trim(ends[-1]) > 0
    assert len(segments(tmp_path)) == 1
    with pytest.raises(ValueError, match="already removed"):
        names(tmp_path)
    writer.close()


def test_reading_behind_the_end_is_an_error_and_not_silence(tmp_path: Path) -> None:
    ends = write(tmp_path, 2)
    with pytest.raises(ValueError, match="behind the log's end"):
        names(tmp_path, ends[-1] + 1)


def test_a_folder_that_does_not_exist_is_an_empty_log(tmp_path: Path) -> None:
    assert LogReader(tmp_path / "none").end() == 0
    assert names(tmp_path / "none") == []


def test_a_full_disk_leaves_the_log_as_it_was_and_writing_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    """The limit on file size stands for the full disk: the kernel writes a part and then refuses."""
    script = f"""
import resource
from pathlib import Path
from tallygate.ledger.embedded.segments import SegmentWriter
writer = SegmentWriter(Path({str(tmp_path)!r}), 1_000_000)
writer.append(b"")
good = writer.end
resource.setrlimit(resource.RLIMIT_FSIZE, (good + 100, resource.RLIM_INFINITY))
for _ in range(3):
    try:
        writer.append(b"x" * 500)
    except OSError as error:
        assert writer.end == good
    else:
        raise SystemExit("the write should have failed")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.append(b"")
print(good, writer.end)
writer.close()
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    good, end = map(int, done.stdout.split())
    assert end == good + HEADER_BYTES == read_mark(tmp_path)
    assert segments(tmp_path)[-1].size == end


def test_a_segment_that_cannot_be_begun_leaves_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may be full for hours, and each call tries anew."""
    writer = SegmentWriter(tmp_path, 1)
    writer.append(b"")

    def refuse(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(ledger_segments, "sync_folder", refuse)
        before = open_files(tmp_path)
        for _ in range(5):
            with pytest.raises(OSError, match="No space left"):
                writer.append(b"")
        assert open_files(tmp_path) == before
    writer.append(b"")
    writer.close()
    assert SegmentWriter(tmp_path, 1).end == 2 * HEADER_BYTES


def test_a_reader_in_another_process_never_sees_a_mark_half_written(tmp_path: Path) -> None:
    """A mark that is too low for a moment would hide from a question what was acknowledged before it."""
    script = f"""
from pathlib import Path
from tallygate.ledger.embedded.segments import SegmentWriter
writer = SegmentWriter(Path({str(tmp_path)!r}), 1_000_000)
print(flush=True)
while True:
    for writer.end in (0x1FFF, 0x2000):
        writer._set_mark()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writing:
        assert writing.stdout is not None
        writing.stdout.readline()
        try:
            seen = {read_mark(tmp_path) for _ in range(20_000)} - {0}
            low = sum(read_mark(tmp_path) == 0 for _ in range(10_000))
        finally:
            writing.kill()
    assert (seen, low) == ({0x1FFF, 0x2000}, 0)
