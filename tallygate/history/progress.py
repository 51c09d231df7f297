"""How far the history has durably come: the file `historian.json`."""

from pathlib import Path

import msgspec

from tallygate.ledger.embedded.durable_file import write_durably


class Batch(msgspec.Struct, frozen=True):
    """A stretch of the logs that is being written: it begins where the history stands.

    Attributes:
        number: Batches are numbered in the order in which they are written.
        ends: Where it ends in each log.
        forget: The product that is to be forgotten; None: the batch holds entries to be counted.
        application: Only this application of it; '' = all of the product.
        copied: Whether the application's usage is that of nobody by now.
    """

    number: int
    ends: dict[str, int]
    forget: str | None = None
    application: str = ""
    copied: bool = False


class Progress(msgspec.Struct, frozen=True, rename={"positions": "position"}):
    """Where the history stands.

    Attributes:
        positions: By name of a log: every entry before this place in it is in every table.
        batches: The number of the last batch that is in every table.
        batch: What was being written when this was noted.
        layout: What the tables hold; see `upgrade`.
        since_s: By table, the event time from which on its rows are kept; before it they may be gone.
    """

    positions: dict[str, int]
    batches: int
    layout: int = 0
    batch: Batch | None = None
    since_s: dict[str, int] = {}


class _OneLogsBatch(msgspec.Struct, frozen=True):
    end: int


class _OneLogsProgress(msgspec.Struct, frozen=True):
    """What versions noted that knew one log only. Their batches' numbers are the positions where they end in it."""

    position: int
    batch: _OneLogsBatch | None = None
    since_s: dict[str, int] = {}

    def progress(self) -> Progress:
        batch = None if self.batch is None else Batch(self.batch.end, {"": self.batch.end})
        return Progress({"": self.position}, self.position, 0, batch, self.since_s)


class ProgressFile:
    """Keeps the progress. A write is durable when it returns, and whole or not there.

    Versions that know one log only cannot read it, and so cannot count anew what is counted already.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> Progress | None:
        """What was noted last; None if nothing was.

        Raises:
            OSError, msgspec.DecodeError: The file cannot be read.
        """
        try:
            data = self._file.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(data, type=Progress)
        except msgspec.ValidationError:
            return msgspec.json.decode(data, type=_OneLogsProgress).progress()

    def write(self, progress: Progress) -> None:
        """Raises OSError when it cannot."""
        write_durably(self._file, msgspec.json.encode(progress))
