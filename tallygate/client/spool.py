"""Reports on their way: taken into a file at once, to be sent from there by `sender`."""

import os
import threading
import time
from pathlib import Path
from typing import Final, Literal

from tallygate.client import part as files
from tallygate.client.figures import Figures
from tallygate.client.forking import begin_anew_in_children
from tallygate.client.notices import Notices
from tallygate.client.part import Part

SEGMENT_BYTES: Final = 1024 * 1024
MAX_BYTES: Final = 1024 * 1024 * 1024

_LOOK_AGAIN_S: Final = 1.0
"""A spool that is full is looked at again after this time."""

Sync = Literal["always", "interval", "never"]
"""When reports are forced to the disk; a crash of the process loses nothing with any of them.

always    before a report counts as taken
interval  when it was not delivered at once, within a second or so; a power cut loses what is younger
never     when the system sees fit
"""


class Spool:
    """Where this process puts its reports.

    Attributes:
        folder: Shared by all processes of an application.
        figures: What became of this process's reports, and of those that it took over.
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES, sync: Sync = "interval") -> None:
        """
        Args:
            max_bytes: How large the spool may become, of all processes together; at least four segments.

        Raises:
            OSError: The folder cannot be made or written.
        """
        self.folder = folder
        self._max_bytes = max(max_bytes, 4 * SEGMENT_BYTES)
        self._sync_policy = sync
        self._begin()
        self._part: Part | None = Part.create(folder)
        begin_anew_in_children(self)

    def _begin(self) -> None:
        self.figures = Figures()
        self.notices = Notices()
        self._lock = threading.Lock()
        self._current: Path | None = None
        self._descriptor = -1
        self._size = 0
        self._unsynced: list[Path] = []
        self._full_until_s = 0.0

    def after_fork(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        if self._part is not None:
            self._part.forget()
        self._begin()
        self._part = None

    def take(self, line: bytes) -> bool:
        """Takes a report: a line with its end. False = it is dropped, because the spool or its disk is full."""
        with self._lock:
            try:
                self._write(line)
            except OSError as error:
                self.figures.dropped += 1
                why = error.strerror or str(error)
            else:
                self.figures.spooled += 1
                return True
        self.notices.warn("dropped", f"reports are dropped, {self.figures.dropped} so far: {why}")
        return False

    def _write(self, line: bytes) -> None:
        if self._descriptor < 0 or self._size + len(line) > SEGMENT_BYTES:
            self._roll()
        written = os.write(self._descriptor, line)
        if written < len(line):
            self._undo()
            raise OSError(0, f"the disk of {self.folder} is full")
        self._size += written
        if self._sync_policy == "always":
            os.fdatasync(self._descriptor)

    def _undo(self) -> None:
        """Takes half a line back; if that fails too, nothing is written behind it."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            self._seal()

    def _roll(self) -> None:
        """Begins a new segment."""
        now_s = time.monotonic()
        full = OSError(0, f"the spool {self.folder} has its {self._max_bytes} bytes")
        if now_s < self._full_until_s:
            raise full
        self._seal()
        if files.size_bytes(self.folder) > self._max_bytes - SEGMENT_BYTES:
            self._full_until_s = now_s + _LOOK_AGAIN_S
            raise full
        self._current, self._descriptor = self._new_segment()
        self._size = 0

    def _new_segment(self) -> tuple[Path, int]:
        if self._part is not None:
            try:
                return self._part.new_segment()
            except FileNotFoundError:  # somebody has removed the folder
                self._part.forget()
        self._part = Part.create(self.folder)
        return self._part.new_segment()

    def _seal(self) -> None:
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        assert self._current is not None
        self._unsynced.append(self._current)
        self._current = None

    def seal(self) -> None:
        """What was taken so far may be sent."""
        with self._lock:
            self._seal()

    @property
    def empty(self) -> bool:
        """Whether nothing was taken since `seal`."""
        return self._descriptor < 0

    def sealed(self) -> list[Path]:
        """The segments that may be sent, the oldest first."""
        with self._lock:
            found = [] if self._part is None else self._part.segments()
            return [each for each in found if each != self._current]

    def sync(self) -> None:
        """Forces to the disk what is still here, if it is to be so."""
        with self._lock:
            waiting, self._unsynced = self._unsynced, []
            current = os.dup(self._descriptor) if self._descriptor >= 0 else -1
            folder = None if self._part is None else self._part.path
        if self._sync_policy != "interval":
            waiting, folder = [], None
        elif current >= 0:
            os.fdatasync(current)
        if current >= 0:
            os.close(current)
        for path in waiting:
            _sync(path)
        if folder is not None:
            _sync(folder)

    def close(self) -> None:
        """What is still here is sent by the next process that opens the spool."""
        with self._lock:
            self._seal()
            if self._part is not None:
                self._part.leave()
                self._part = None


def _sync(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # delivered meanwhile
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
