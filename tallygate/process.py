"""How a process that the supervisor starts ends with it."""

import os
import signal
import sys

PARENT_VARIABLE = "TALLYGATE_PARENT_PID"
"""In it the supervisor tells its children who it is."""

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Asks the kernel to kill this process when its parent ends, however that ends.

    Where the parent has ended before the request, the process ends itself.
    """
    import ctypes  # the supervisor needs this module, but not that one

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = os.environ.get(PARENT_VARIABLE)
    if parent and os.getppid() != int(parent):
        sys.exit("tallygate: the parent process has gone")
