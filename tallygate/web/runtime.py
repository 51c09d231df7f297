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
    """The history of this process; the first call opens it and starts its historian.

    Raises:
        HistoryUnavailable: It cannot be opened; the message says why. A later call tries again.
    """
    return _holder.get()


def keep_open() -> None:
    """Opens the history, and tries again until it is open or `close` is called.

    So that the log is carried into the history, and its segments are let go, also while nobody asks.
    """
    _holder.keep_trying()


def close() -> None:
    """Stops the historian and closes the history, if it is open. It is not opened again."""
    _holder.close()


class _Holder:
    """Opens the history once, whichever thread comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._history: History | None = None
        self._failure = ""
        self._failed_at_s = -RETRY_S

    def get(self) -> "History":
        with self._lock:
            if self._closed.is_set():
                raise HistoryUnavailable("the console is stopping")
            if self._history is None:
                self._history = self._open()
            return self._history

    def keep_trying(self) -> None:
        while not self._closed.is_set():
            try:
                self.get()
            except HistoryUnavailable:
                self._closed.wait(RETRY_S)
            else:
                return

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            history, self._history = self._history, None
        if history is not None:
            history.close()

    def _open(self) -> "History":
        if abs(_clock.now_s() - self._failed_at_s) < RETRY_S:
            raise HistoryUnavailable(self._failure)
        try:
            return _opened()
        except Exception as error:  # whatever the engine says: the site goes on without it
            self._failed_at_s = _clock.now_s()
            self._failure = f"the history cannot be opened: {error}"
            _log.exception("history unavailable")
            raise HistoryUnavailable(self._failure) from error


def _opened() -> "History":
    from tallygate.history import History  # loads the engine: not before it is needed

    history = History.open(settings.TALLYGATE, _clock)
    try:
        history.start()
    except BaseException:
        history.close()
        raise
    return history


_holder = _Holder()
atexit.register(close)
