"""Small files that are replaced as a whole."""

import os
from pathlib import Path

from tallygate.ledger.embedded.segments import sync_folder


def write_durably(path: Path, data: bytes) -> None:
    """Replaces a file in one step that survives a power cut; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(path)
    sync_folder(path.parent)
