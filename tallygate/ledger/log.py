"""The durable log as its readers see it."""

from pathlib import Path
from typing import NamedTuple

from tallygate.ledger.entry import Entry


class Chunk(NamedTuple):
    """Whole frames of the log: the entries in (start, end], in order."""

    start: int
    end: int
    entries: list[Entry]


class LogReader:
    """Reads the log of a home folder while another process may be writing it."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the home's `ledger/log`; it need not exist yet."""

    def end(self) -> int:
        """The log's end on disk, in bytes since its beginning; may lie inside a frame that is being written."""

    def read(self, after: int, limit: int = 50_000) -> Chunk:
        """The whole frames after position `after`, up to about `limit` entries; `end == after` when there are none yet.

        Raises:
            LogCorrupt: A frame is damaged and good data follows it.
            ValueError: `after` is no frame's end, or lies in a segment that is already removed.
        """
