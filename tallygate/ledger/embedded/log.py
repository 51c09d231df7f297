"""The durable log as its readers see it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tallygate.domain.errors import LogCorrupt
from tallygate.ledger.embedded.segments import Segment, frames, read_mark, segments
from tallygate.ledger.entry import Entry, decode_records


class Chunk(NamedTuple):
    """Whole frames of the log: the entries in (start, end], in order."""

    start: int
    end: int
    entries: list[Entry]


class LogReader:
    """Reads the log of a home folder while another process may be writing it."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the home's `ledger/log`; it need not exist yet."""
        self._folder = folder

    def begin(self) -> int:
        """The position from which on the log is still there. Raises LogCorrupt when a segment is missing."""
        found = segments(self._folder)
        return found[0].base if found else 0

    def end(self) -> int:
        """Up to which position the log is durable: everything acknowledged lies before it."""
        return read_mark(self._folder)

    def read(self, after: int, limit: int = 50_000) -> Chunk:
        """The whole durable frames after position `after`, up to about `limit` entries; `end == after` when there are none yet.

        Raises:
            LogCorrupt: A frame is damaged.
            ValueError: `after` lies behind the log's end, or in a segment that is already removed.
        """
        entries: list[Entry] = []
        position = after
        for end, more in self.frames(after):
            entries += more
            position = end
            if len(entries) >= limit:
                break
        return Chunk(after, position, entries)

    def frames(self, after: int) -> Iterator[tuple[int, list[Entry]]]:
        """Each durable frame after position `after`: the position just past it, and its entries. Raises as `read`."""
        durable = self.end()
        if after > durable:
            raise ValueError(f"position {after} lies behind the log's end, {durable}")
        position = after
        while position < durable:
            segment = self._segment_at(position)
            begun_at = position
            for each in frames(segment.path, segment.base, position):
                position = each.end
                yield position, list(decode_records(each.payload))
                if position >= durable:
                    return
            if position == begun_at:
                raise LogCorrupt(f"{segment.path}: the frame at position {position} is damaged")

    def _segment_at(self, position: int) -> Segment:
        for segment in reversed(segments(self._folder)):
            if segment.base <= position:
                return segment
        raise ValueError(f"position {position} lies in a segment that is already removed")
