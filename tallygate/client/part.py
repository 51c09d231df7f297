"""The files of a spool.

    FOLDER/                     one spool: of an application, or of a gateway
      0f9c41d2/                 a part: what one process has spooled
        lock                    flock of the process; whoever gets it when that has ended sends the rest
        000000000001.ndjson     segments: a report in each line, as it is sent

Each process has a part of its own, so that none waits for another to write a report, and a line that
a crash has torn is the end of one process's file. A line without its end was told to nobody.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_LOCK = "lock"
_SUFFIX = ".ndjson"
_DRAFT = ".draft"


class Part:
    """A part that this process holds."""

    def __init__(self, path: Path, lock: int) -> None:
        """`lock`: The descriptor that has the lock."""
        self.path = path
        self._lock = lock
        self._number = max((int(each.stem) for each in self.segments()), default=0)
        for draft in path.glob(f"*{_DRAFT}"):
            draft.unlink()

    @classmethod
    def create(cls, folder: Path) -> "Part":
        """A new one. Raises OSError."""
        while True:
            path = folder / secrets.token_hex(4)
            path.mkdir(mode=0o700, parents=True)
            part = cls.adopt(path)
            if part is not None:
                return part

    @classmethod
    def adopt(cls, path: Path) -> "Part | None":
        """The part at `path`, unless another process holds it, or it is no more."""
        try:
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_nlink:  # else whoever had it has removed the part meanwhile
                return cls(path, lock)
        except OSError:
            pass
        os.close(lock)
        return None

    def segments(self) -> list[Path]:
        """Its segments, the oldest first."""
        return sorted(self.path.glob(f"*{_SUFFIX}"))

    def new_segment(self) -> tuple[Path, int]:
        """The path and the descriptor of one more segment. Raises OSError."""
        self._number += 1
        path = self.path / f"{self._number:012}{_SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        return path, os.open(path, flags, 0o600)

    def leave(self) -> None:
        """Lets go of it, and removes it when there is no segment in it."""
        if not self.segments():
            with contextlib.suppress(OSError):
                (self.path / _LOCK).unlink()
                self.path.rmdir()
        self.forget()

    def forget(self) -> None:
        """Of a forked child: lets go of what its parent still holds."""
        os.close(self._lock)


def parts(folder: Path) -> Iterator[Path]:
    """The parts of a spool, whoever holds them."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for each in found:
            if each.is_dir(follow_symlinks=False):
                yield folder / each.name


def size_bytes(folder: Path) -> int:
    """How large all segments of a spool are."""
    total = 0
    for part in parts(folder):
        for segment in part.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                total += segment.stat().st_size
    return total


def read_lines(segment: Path) -> list[bytes]:
    """The lines of a segment, each with its end. Raises OSError."""
    lines = segment.read_bytes().splitlines(keepends=True)
    return [line for line in lines if line.endswith(b"\n")]


def replace_lines(segment: Path, lines: list[bytes]) -> None:
    """Makes `lines` what the segment holds, or removes it when there are none; a crash leaves the one or the other.

    The time of its last change stays as it was. Raises OSError.
    """
    if not lines:
        segment.unlink()
        return
    found, draft = segment.stat(), segment.with_suffix(_DRAFT)
    with draft.open("wb") as file:
        file.writelines(lines)
        file.flush()
        os.fdatasync(file.fileno())
    os.utime(draft, ns=(found.st_atime_ns, found.st_mtime_ns))
    draft.replace(segment)
