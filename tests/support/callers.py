"""Clients that call without pause while something happens to the listener."""

import http.client
import itertools
import threading
import time
from collections.abc import Sequence
from typing import Self


class Callers:
    """Threads that call paths again and again. Leaving the `with` ends them.

    Some keep their connection, some make one for each call, and some pause in between, as clients with little to do.

    Attributes:
        answered: How often each path was answered with 200.
        failures: What else came of a call.
        waited_s: How long the slowest call took.
    """

    def __init__(self, port: int, paths: Sequence[str], each: int = 2) -> None:
        """`each`: How many clients of each kind."""
        self._port = port
        self._paths = paths
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.answered = dict.fromkeys(paths, 0)
        self.failures: list[str] = []
        self.waited_s = 0.0
        kinds = [(keep, pause_s) for keep, pause_s in ((True, 0.0), (False, 0.0), (True, 0.05))]
        self._threads = [
            threading.Thread(target=self._run, args=kind, daemon=True)
            for kind in kinds
            for _ in range(each)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, keep: bool, pause_s: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        for path in itertools.cycle(self._paths):
            if self._ended.is_set():
                break
            self._call(connection, path)
            if not keep:
                connection.close()
            time.sleep(pause_s)
        connection.close()

    def _call(self, connection: http.client.HTTPConnection, path: str) -> None:
        began_s = time.monotonic()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            failure = "" if answer.status == 200 else f"status {answer.status}"
        except (OSError, http.client.HTTPException) as error:
            failure = repr(error)
            connection.close()
        with self._lock:
            self.waited_s = max(self.waited_s, time.monotonic() - began_s)
            if failure:
                self.failures.append(failure)
            else:
                self.answered[path] += 1
