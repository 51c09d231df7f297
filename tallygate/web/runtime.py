"""What one console process has once: its clock and its history."""

import atexit
import threading
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from tallygate.domain.clock import Clock, SystemClock
from tallygate.domain.errors import HistoryUnavailable

if TYPE_CHECKING:
    from tallygate.history import History

RETRY_S = 5
"""How long after a failure to open the history the next attempt is made."""

_log = structlog.get_logger(__name__)
_clock: Clock = SystemClock()


def clock() -> Clock:
    """The clock of this process."""
    return _clock


def history() -> "History":
    """The history of this process, opened and its historian started at the first call.

    Raises:
        HistoryUnavailable: It cannot be opened; the message says why. A later call tries again.
    """
    return _opener.get()


def close() -> None:
    """Stops the historian and closes the history, if it is open."""
    _opener.close()


class _Opener:
    """Opens the history once, whichever thread comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._history: History | None = None
        self._failure = ""
        self._failed_at_s = -RETRY_S

    def get(self) -> "History":
        with self._lock:
            if self._history is None:
                self._history = self._open()
            return self._history

    def close(self) -> None:
        with self._lock:
            history, self._history = self._history, None
        if history is not None:
            history.close()

    def _open(self) -> "History":
        now_s = _clock.now_s()
        if abs(now_s - self._failed_at_s) < RETRY_S:
            raise HistoryUnavailable(self._failure)
        from tallygate.history import History  # heavy: the engine is loaded with it

        try:
            history = History.open(settings.TALLYGATE, _clock)
            history.start()
        except Exception as error:
            self._failed_at_s = now_s
            self._failure = f"the history cannot be opened: {error}"
            _log.exception("history unavailable")
            raise HistoryUnavailable(self._failure) from error
        return history


_opener = _Opener()
atexit.register(close)
