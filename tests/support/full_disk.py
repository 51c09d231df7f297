"""A disk that takes no more."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager

from support.running_listener import RunningListener


@contextmanager
def full_disk(listener: RunningListener) -> Iterator[None]:
    """No file of the process may grow any more, as far as the kernel is concerned."""
    pid = json.loads((listener.home / "run" / "listener.json").read_text())["pid"]
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
