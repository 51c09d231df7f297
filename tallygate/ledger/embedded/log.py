"""The durable log as its readers see it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tallygate.domain.errors import LogCorrupt
from tallygate.ledger.embedded.segments import Segment, frames, read_mark, segments
from tallygate.ledger.entry import Entry, decode_records


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

    def frames(self, after: int) -> Iterator[tuple[int, list[Entry]]]:
        """Each durable frame after position `after`: the position just past it, and its entries.

        Raises:
            LogCorrupt: A frame is damaged.
            ValueError: `after` lies behind the log's end, or in a segment that is already removed.
        """
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

    def count_of(self, service: str, application: str) -> int:
        """How many entries that are still there name an application.

        Raises:
            LogCorrupt: A frame is damaged.
        """
        name, found = application.encode(), 0
        for segment in segments(self._folder):
            with contextlib.suppress(FileNotFoundError):  # trimmed meanwhile
                for frame in frames(segment.path, segment.base, segment.base):
                    if name in frame.payload:
                        found += sum(
                            (entry.service, entry.application) == (service, application)
                            for entry in decode_records(frame.payload)
                        )
        return found

    def _segment_at(self, position: int) -> Segment:
        for segment in reversed(segments(self._folder)):
            if segment.base <= position:
                return segment
        raise ValueError(f"position {position} lies in a segment that is already removed")
