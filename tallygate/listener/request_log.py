"""What the listener says on standard error."""

import contextlib
import os
import time
from typing import Final

import structlog

from tallygate.listener.caller import Caller

log = structlog.get_logger()

LINES_PER_S: Final = 20
"""More lines would cost other callers: anybody can make calls that go wrong."""


class RequestLog:
    """Lines about calls that went wrong, each with the call's id; LINES_PER_S at most."""

    def __init__(self) -> None:
        self._second = 0
        self._lines = self._left_out = 0

    def failure(self, caller: Caller) -> None:
        """To be called where an exception is handled that nobody expected."""
        self.warning("call failed", caller, exc_info=True)

    def warning(self, event: str, caller: Caller, **fields: object) -> None:
        """Writes a line, unless there were too many in this second; the next one tells how many were left out."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        if self._lines >= LINES_PER_S:
            self._left_out += 1
            return
        self._lines += 1
        if self._left_out:
            fields["left_out"] = self._left_out
            self._left_out = 0
        log.warning(
            event, request_id=caller.id, endpoint=caller.endpoint, client=caller.client, **fields
        )


class _Lines:
    """Standard error. It may be a file on a disk that is full: that is no reason to fail a call."""

    def __init__(self, *names: object) -> None:
        pass

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(2, f"{line}\n".encode(errors="replace"))

    debug = info = warning = error = critical = fatal = msg


def configure_log() -> None:
    """One line of `key=value` for each event on standard error, times in UTC, as the console writes them."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], bool_as_flag=False
            ),
        ],
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
