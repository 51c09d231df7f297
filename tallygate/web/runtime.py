"""What one console process has once: its clock and its history."""

import atexit
import threading
from collections.abc import Callable

from django.conf import settings

from tallygate.catalog import shared_registry
from tallygate.domain.clock import Clock, SystemClock
from tallygate.domain.errors import HistoryUnavailable
from tallygate.history import History

_clock: Clock = SystemClock()
_lock = threading.Lock()
_history: History | None = None
_stopping = False
_ended = threading.Event()


def clock() -> Clock:
    """The clock of this process."""
    return _clock


def history() -> History:
    """The history of this process; the first call starts its historian, and what else this process does beside answering.

    Quick, and right also while the engine cannot be used: then it is the questions that fail.

    Raises:
        HistoryUnavailable: The process is stopping.
    """
    global _history
    with _lock:
        if _stopping:
            raise HistoryUnavailable("the console is stopping")
        if _history is None:
            _history = History.open(settings.TALLYGATE, _clock)
            _history.start()
            if settings.TALLYGATE.ledger_url:
                beside("outbox", shared_registry.follow)
        return _history


def beside(name: str, follow: Callable[[threading.Event], None]) -> None:
    """Runs `follow` in a thread of its own; the event that it is given tells when to end."""
    threading.Thread(target=follow, args=(_ended,), name=name, daemon=True).start()


def stopping() -> bool:
    """Whether this process is about to end."""
    return _stopping


def close() -> None:
    """Stops the historian and closes the history, if it was asked for. It is not opened again."""
    global _history, _stopping
    with _lock:
        _stopping = True
        _ended.set()
        closing, _history = _history, None
    if closing is not None:
        closing.close()


atexit.register(close)
