"""A log that is being written: its lines as they come, over rotations, for ever."""

import os
import threading
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from tallygate.importing.source import LINE_AT_MOST_BYTES, Line

CHUNK_LINES: Final = 2_000
LOOK_EVERY_S: Final = 0.5


class Chunk(NamedTuple):
    """Attributes:
    lines: What has come, CHUNK_LINES at most.
    begins: Whether the first of them is the first of a file.
    """

    lines: list[Line]
    begins: bool


class Followed:
    """Reads a file from its beginning, and then what is added.

    When another file has taken its place (rotation by renaming), the old one is read to its end, then the new one from its
    beginning; a file that has become shorter (copytruncate) is read from its beginning. A line counts as one when it ends.
    """

    def __init__(self, name: str, stop: threading.Event) -> None:
        """`stop`: Ends it, when it is set."""
        self._name = name
        self._stop = stop
        self._number = 0
        self._skipping = False

    def chunks(self) -> Iterator[Chunk]:
        """What comes, as it comes; waits for the file where there is none yet."""
        while (file := self._opened()) is not None:
            with file:
                yield from self._of_file(file)

    def _opened(self) -> IO[bytes] | None:
        while not self._stop.is_set():
            try:
                return open(self._name, "rb")
            except OSError:
                self._stop.wait(LOOK_EVERY_S)
        return None

    def _of_file(self, file: IO[bytes]) -> Iterator[Chunk]:
        begins = True
        self._number, self._skipping = 0, False
        replaced = False
        while True:
            lines = list(self._come(file, to_the_end=replaced))
            if lines:
                yield Chunk(lines, begins)
                begins = False
            elif replaced or self._stop.is_set():
                return
            elif self._is_shorter(file):
                file.seek(0)
                begins, self._number, self._skipping = True, 0, False
            elif self._is_replaced(file):
                replaced = True  # once more: something may have come before it was
            else:
                self._stop.wait(LOOK_EVERY_S)

    def _come(self, file: IO[bytes], to_the_end: bool) -> Iterator[Line]:
        """Whole lines; at the end of a file that nobody writes any more, what stands there without an end too."""
        for _ in range(CHUNK_LINES):
            place = file.tell()
            text = file.readline(LINE_AT_MOST_BYTES)
            ended = text.endswith(b"\n")
            too_long = not ended and len(text) == LINE_AT_MOST_BYTES
            if not text or not (ended or too_long or to_the_end):
                file.seek(place)
                return
            skipped, self._skipping = self._skipping, too_long
            if skipped:
                continue
            self._number += 1
            decoded = text.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
            yield Line(self._number, decoded, not too_long)

    def _is_shorter(self, file: IO[bytes]) -> bool:
        return os.fstat(file.fileno()).st_size < file.tell()

    def _is_replaced(self, file: IO[bytes]) -> bool:
        here = os.fstat(file.fileno())
        try:
            there = os.stat(self._name)
        except OSError:
            return False  # it is being replaced
        return (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)
