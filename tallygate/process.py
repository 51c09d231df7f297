"""What every long-lived process asks of the kernel: to end with its parent, and enough open files."""

import os
import resource
import signal
import sys

PARENT_VARIABLE = "TALLYGATE_PARENT_PID"
"""In it the supervisor tells its children who it is."""

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Asks the kernel to kill this process when its parent ends, however that ends.

    Where the parent (by default the supervisor, if there is one) has ended before the request, the
    process ends itself.
    """
    import ctypes  # the supervisor needs this module, but not that one

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    expected = parent or int(os.environ.get(PARENT_VARIABLE) or 0)
    if expected and os.getppid() != expected:
        sys.exit("tallygate: the parent process has gone")


def allow_many_open_files() -> None:
    """Raises the soft limit of open files to the hard one.

    Systems commonly begin with 1,024. Each client's connection is an open file, and the analytics engine keeps three for
    each of its threads.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
