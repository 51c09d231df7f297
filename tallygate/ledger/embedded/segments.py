"""The log on disk: segments of checksummed frames, one writer.

A frame is what one sync made durable:

    magic "TGL1" | u64 position of this frame | u32 length of payload | u32 CRC of payload | u32 CRC of the 20 bytes before
    payload: records (see `entry`)

What can be found after a crash, and what is done:

    cut or half-written last frame      cut off; it was never acknowledged
    zeros behind the last frame         cut off; they are room that was made (see `room`)
    bad frame with a good one behind it LogCorrupt: it had been synced before the later one was written
    a hole between two segments         LogCorrupt

The mark (`durable`, 8 bytes, mapped into memory) says up to which position the log is synced. Readers go no further: what is
written but not yet synced may still be taken back. The mark itself needs no sync, since any older value of it is right.
"""

import contextlib
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tallygate.domain.errors import LogCorrupt
from tallygate.ledger.embedded.room import Room

MAGIC = b"TGL1"
_HEADER = struct.Struct("<4sQIII")
_MARK = struct.Struct("<Q")
HEADER_BYTES = _HEADER.size
SUFFIX = ".seg"
MARK_NAME = "durable"


class Frame(NamedTuple):
    """A whole frame: the position just past it, and its payload."""

    end: int
    payload: bytes


class Segment(NamedTuple):
    """A file of the log, its first byte's position and its size in bytes."""

    path: Path
    base: int
    size: int

    @property
    def end(self) -> int:
        return self.base + self.size


def frame(position: int, payload: bytes) -> bytes:
    """The bytes of a frame that begins at `position`."""
    head = struct.pack("<4sQII", MAGIC, position, len(payload), zlib.crc32(payload))
    return b"".join((head, struct.pack("<I", zlib.crc32(head)), payload))


def parse_frame(data: bytes, at: int, position: int) -> Frame | None:
    """The frame at offset `at` of `data`, which must begin at `position` of the log; None if there is no whole, sound one."""
    if len(data) - at < HEADER_BYTES:
        return None
    magic, found, length, payload_crc, header_crc = _HEADER.unpack_from(data, at)
    if magic != MAGIC or found != position:
        return None
    if zlib.crc32(data[at : at + HEADER_BYTES - 4]) != header_crc:
        return None
    start = at + HEADER_BYTES
    if len(data) - start < length:
        return None
    payload = data[start : start + length]
    if zlib.crc32(payload) != payload_crc:
        return None
    return Frame(position + HEADER_BYTES + length, payload)


def sound_frame_behind(data: bytes, at: int, position: int) -> bool:
    """Whether a sound frame stands anywhere behind offset `at`, which stands for `position`."""
    found = data.find(MAGIC, at + 1)
    while found >= 0:
        if parse_frame(data, found, position + found - at) is not None:
            return True
        found = data.find(MAGIC, found + 1)
    return False


def segments(folder: Path) -> list[Segment]:
    """The log's files in order.

    Raises:
        LogCorrupt: There is a hole between two of them.
    """
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            found.append(Segment(path, int(path.stem), path.stat().st_size))
        except FileNotFoundError:  # trimmed between the listing and the look
            continue
    for one, following in pairwise(found):
        if one.end != following.base:
            raise LogCorrupt(
                f"{one.path}: ends at position {one.end}, but the next segment begins at {following.base}"
            )
    return found


def frames(path: Path, base: int, after: int) -> Iterator[Frame]:
    """The whole frames of one segment behind position `after`; stops at the first that is not sound.

    Raises:
        LogCorrupt: A sound frame stands behind the unsound one.
    """
    with path.open("rb") as file:
        file.seek(after - base)
        data, data_at = b"", after
        position = after
        while True:
            following = parse_frame(data, position - data_at, position)
            if following is None:
                more = file.read(4 * 1024 * 1024)
                if not more:
                    break
                data, data_at = data[position - data_at :] + more, position
                continue
            yield following
            position = following.end
    if sound_frame_behind(data, position - data_at, position):
        raise LogCorrupt(f"{path}: the frame at position {position} is damaged")


def open_mark(folder: Path) -> mmap.mmap:
    """The mark, mapped into memory, made if it is missing."""
    path = folder / MARK_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size < _MARK.size:
            os.pwrite(descriptor, _MARK.pack(0), 0)
        return mmap.mmap(descriptor, _MARK.size)
    finally:
        os.close(descriptor)


def read_mark(folder: Path) -> int:
    """Up to which position the log is synced; 0 where nothing was ever written."""
    try:
        return int(_MARK.unpack((folder / MARK_NAME).read_bytes()[: _MARK.size])[0])
    except (FileNotFoundError, struct.error):
        return 0


class SegmentWriter:
    """Appends frames. One per log; the caller holds the ledger's lock."""

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        """Opens the log at its end; cuts a torn last frame.

        Raises:
            LogCorrupt: The last segment is damaged in its middle, or a segment is missing.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._descriptor = -1
        self._room = Room()
        self._mark = open_mark(folder)
        found = segments(folder)
        if found:
            self._open(found[-1])
        else:
            self._begin_segment(0)
        os.fdatasync(self._descriptor)
        self._set_mark()

    end: int
    """The position just past the last durable frame."""

    def _open(self, last: Segment) -> None:
        self.end = last.base
        for each in frames(last.path, last.base, last.base):
            self.end = each.end
        self._base = last.base
        self._descriptor = os.open(last.path, os.O_RDWR)
        os.ftruncate(self._descriptor, self.end - self._base)
        self._room.begin(self._descriptor, self.end - self._base, self._segment_bytes)

    def _begin_segment(self, base: int) -> None:
        self._cut_room()  # before there is a next one: until then this is the last segment, which may end in zeros
        path = self._folder / f"{base:020d}{SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            sync_folder(self._folder)
        except OSError:
            os.close(descriptor)  # every call tries again while the disk is full
            raise
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._base, self.end = descriptor, base, base
        self._room.begin(descriptor, 0, self._segment_bytes)

    def append(self, payload: bytes) -> None:
        """Writes one frame and syncs it. When it raises, the log is as if it had not been called.

        Raises:
            OSError: The disk is full or broken.
        """
        data = memoryview(frame(self.end, payload))
        if self.end - self._base >= self._segment_bytes:
            self._begin_segment(self.end)
            data = memoryview(frame(self.end, payload))
        offset = self.end - self._base
        self._room.reserve(offset + len(data))
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._descriptor, data[written:], offset + written)
            os.fdatasync(self._descriptor)
        except OSError:
            # What was written lies behind the mark: no reader looks there, and the next frame or the next start cuts it.
            self._room.cut(offset)
            os.ftruncate(self._descriptor, offset)
            raise
        self.end += len(data)
        self._set_mark()

    def begin_anew(self) -> None:
        """Ends the segment, if it holds anything, so that it can be trimmed. Raises OSError when it cannot."""
        if self.end > self._base:
            self._begin_segment(self.end)

    def _set_mark(self) -> None:
        # In one piece: `pack_into` writes zeros first, and a reader in another process could see them.
        self._mark[: _MARK.size] = _MARK.pack(self.end)

    def trimmable(self, before: int) -> bool:
        """Whether `trim` would remove anything."""
        found = segments(self._folder)
        return len(found) > 1 and found[0].end <= before

    def trim(self, before: int) -> int:
        """Removes the segments that end at or before position `before`, never the last one. Returns how many."""
        removed = 0
        for one in segments(self._folder)[:-1]:
            if one.end > before:
                break
            one.path.unlink()
            removed += 1
        return removed

    def _cut_room(self) -> None:
        if self._descriptor >= 0:
            self._room.cut(self.end - self._base)
            os.ftruncate(self._descriptor, self.end - self._base)
            os.fdatasync(self._descriptor)

    def close(self) -> None:
        self._room.close()
        with contextlib.suppress(OSError):
            self._cut_room()
        os.close(self._descriptor)
        self._descriptor = -1  # a late append must fail, not reach a file that got the number since
        self._mark.close()


def sync_folder(folder: Path) -> None:
    """Makes the folder's list of files durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
