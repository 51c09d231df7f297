"""Whether it makes sense to ask somebody who has not answered."""

import threading
import time

from tallygate.client.backoff import BackOff


class Breaker:
    """After a failure nobody asks for a while, then one caller tries, for all; so an outage costs each call nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._back_off: BackOff | None = None
        self._trying = False

    def may_ask(self) -> bool:
        """Whether to ask now; whoever may says `succeeded` or `failed` afterwards."""
        if self._back_off is None:
            return True
        with self._lock:
            if self._back_off is None:
                return True
            if self._trying or time.monotonic() < self._back_off.until_s:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        if self._back_off is not None:
            with self._lock:
                self._back_off, self._trying = None, False

    def failed(self) -> None:
        with self._lock:
            self._back_off = self._back_off or BackOff(longest_s=10.0)
            self._back_off.failed()
            self._trying = False
