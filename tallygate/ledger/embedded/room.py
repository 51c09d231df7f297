"""Room ahead of the log's end: zeros that are on disk already.

Writing over them changes nothing but data, so that a sync need not wait for the file system's journal, and for what other files have in
it: measured, two thirds of the time, and no more waiting behind checkpoints. Zeros are no frame: readers end where they begin, as at
the end of a file, and the next start cuts them.
"""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

STEP_BYTES: Final = 1024 * 1024
_ZEROS: Final = bytes(STEP_BYTES)


class Room:
    """The room of the segment that is being written; made by a thread of its own. Full disks make no room: then the file grows as it is."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "room")
        self._making: Future[None] | None = None
        self._descriptor = -1
        self._end = self._most = 0

    def begin(self, descriptor: int, end: int, most: int) -> None:
        """For another segment, whose file ends at offset `end` and gets at most `most` bytes."""
        self.leave()
        self._descriptor, self._end, self._most = descriptor, end, most

    def leave(self) -> None:
        """Returns when the thread no longer touches the segment."""
        if self._making is not None:
            self._making.result()
            self._making = None

    def cut(self, end: int) -> None:
        """The file was cut at offset `end`."""
        self.leave()
        self._end = end

    def reserve(self, end: int) -> None:
        """To be called before bytes up to offset `end` are written. Makes more room when there is little left."""
        if self._making is not None:
            if self._making.done():
                self._making = None
            elif end > self._end:  # where the thread is writing
                self.leave()
        if self._making is None and end + STEP_BYTES // 2 > self._end and end < self._most:
            self._making = self._thread.submit(self._make, max(end, self._end))

    def close(self) -> None:
        self.leave()
        self._thread.shutdown()

    def _make(self, begin: int) -> None:
        try:
            written = os.pwrite(self._descriptor, _ZEROS, begin)
            os.fdatasync(self._descriptor)
        except OSError:
            return  # whoever needs the space will hear of it
        self._end = begin + written
