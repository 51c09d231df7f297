"""How far the history has durably come: the file `historian.json`, and what it tells the ledger."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec


class Batch(msgspec.Struct, frozen=True):
    """A stretch of the log that is being written: it begins where the history stands.

    Attributes:
        end: Where it ends in the log.
        entries: How many entries it holds, so that the very same ones are read again after a crash.
    """

    end: int
    entries: int


class Progress(msgspec.Struct, frozen=True):
    """Where the history stands.

    Attributes:
        position: Every entry before this place in the log is in every table.
        batch: What was being written when this was noted.
        since_s: By table, the event time from which on its rows are kept; before it they may be gone.
    """

    position: int = 0
    batch: Batch | None = None
    since_s: dict[str, int] = {}


class ProgressFile:
    """Keeps the progress. A write is durable when it returns, and whole or not there."""

    def __init__(self, file: Path, consumer: Path) -> None:
        """`file` is the history's own; `consumer` tells the ledger which part of the log is read."""
        self._file = file
        self._consumer = consumer

    def read(self, log_begins: Callable[[], int]) -> Progress:
        """What was noted last; at the beginning of what the log still holds if nothing was.

        Raises:
            OSError, msgspec.DecodeError: The file cannot be read.
        """
        try:
            progress = msgspec.json.decode(self._file.read_bytes(), type=Progress)
        except FileNotFoundError:
            # First told to the ledger: an earlier history may have come further, and nothing must go from now on.
            write_durably(self._consumer, b"0")
            progress = Progress(log_begins())
        if not self._consumer.exists():
            write_durably(self._consumer, b"%d" % progress.position)
        return progress

    def write(self, progress: Progress) -> None:
        """Raises OSError when it cannot."""
        write_durably(self._file, msgspec.json.encode(progress))
        if progress.batch is None:
            write_durably(self._consumer, b"%d" % progress.position)


def write_durably(path: Path, data: bytes) -> None:
    """Replaces a file in one step that survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
