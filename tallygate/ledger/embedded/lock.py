"""The lock of the one process that writes a ledger."""

import fcntl
import os
from pathlib import Path
from typing import IO

from tallygate.domain.errors import Busy


def take_lock(path: Path) -> IO[str]:
    """Takes the lock; it is held until the file is closed, or the process ends.

    Raises:
        Busy: Another process holds it; the message names that process.
    """
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise Busy(f"the ledger in {path.parent} is in use by process {holder}") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
