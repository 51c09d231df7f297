"""The log of one machine as the historian follows it: the one log, named ''."""

from pathlib import Path
from typing import Final

from tallygate.ledger.embedded.durable_file import write_durably
from tallygate.ledger.embedded.log import LogReader
from tallygate.ledger.entry import FORGET, Entry
from tallygate.ledger.logs import Chunk, Positions

_NAME: Final = ""


class EmbeddedLogs:
    """Reads the log of a ledger's folder; `ledger.logs` says what it promises."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the home's `ledger`; it need not exist yet."""
        self._reader = LogReader(folder / "log")
        self._consumer = folder / "consumers" / "history"

    def begin(self) -> Positions:
        return {_NAME: self._reader.begin()}

    def end(self) -> Positions:
        return {_NAME: self._reader.end()}

    def read(self, after: Positions, until: Positions, limit: int) -> Chunk:
        """Whole frames: what one sync made durable is not taken apart."""
        position, last = after.get(_NAME, 0), until.get(_NAME, 0)
        entries: list[Entry] = []
        if position < last:
            for end, more in self._reader.frames(position):
                forgets = more[0].code == FORGET
                if forgets and entries:
                    break
                position = end
                entries += more
                if forgets or end >= last or len(entries) >= limit:
                    break
        return Chunk({**after, _NAME: position}, entries)

    def consumed(self, positions: Positions) -> None:
        """Segments up to there may go, as far as the checkpoints allow."""
        write_durably(self._consumer, b"%d" % positions.get(_NAME, 0))
