"""The thread that makes reports arrive: looks who is due, makes the reports, gives them to the mail server."""

import threading
from collections.abc import Callable

import structlog
from django.db import DatabaseError, close_old_connections, connections

from tallygate.domain.clock import Clock
from tallygate.domain.errors import HistoryUnavailable
from tallygate.domain.steady_clock import SteadyClock
from tallygate.reports import planner

LOOK_EVERY_S = 15.0

_log = structlog.get_logger("tallygate.reports")

Work = Callable[[int], int]
"""Does what is due at an instant; tells how much that was."""


class Scheduler:
    """Runs until it is stopped. Any number may run on one catalog."""

    def __init__(self, clock: Clock, works: tuple[Work, ...]) -> None:
        self._clock = SteadyClock(clock)
        self._works = (planner.plan, *works)
        self._ended = threading.Event()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
        self._thread.start()

    def stop(self, within_s: float = 4.0) -> None:
        """Returns when what is under way is done, or after so many seconds; what is open then is seen to be so."""
        self._ended.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(within_s)

    def wake(self) -> None:
        """There is something to do now."""
        self._wanted.set()

    def look(self) -> int:
        """Does what is due; tells how much that was."""
        now_s = self._clock.now_s()
        if now_s is None:
            _log.warning("clock jumped", waits="until it has gone steadily for ten minutes")
            return 0
        done = 0
        for work in self._works:
            if self._ended.is_set():
                break
            done += self._tried(work, now_s)
        return done

    def _tried(self, work: Work, now_s: int) -> int:
        """What goes wrong with one kind of work holds up no other, and is tried again with the next look."""
        try:
            return work(now_s)
        except HistoryUnavailable as error:
            _log.warning("reports wait", reason=str(error))
        except DatabaseError as error:
            _log.warning("reports wait", reason=f"the catalog cannot be used: {error}")
            connections.close_all()
        except Exception:
            _log.exception("reports failed")
        return 0

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                close_old_connections()
                self.look()
                self._wanted.wait(LOOK_EVERY_S)
                self._wanted.clear()
        finally:
            connections.close_all()
