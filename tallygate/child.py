"""A process that the supervisor runs, over all its lives."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tallygate.process import (
    NAME_VARIABLE,
    PARENT_VARIABLE,
    SOCKET_VARIABLE,
    SUCCESSOR_VARIABLE,
    WORKERS_VARIABLE,
)
from tallygate.settings import address

BACK_OFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_AFTER_S = 10.0
"""A process that has lived this long begins again at the first step of the back-off."""

PROBE_TIMEOUT_S = 2.0


class Role(NamedTuple):
    """A process to run.

    Attributes:
        name: What people call it; its address is in `run/NAME.json` once it listens.
        module: Run as `python -m MODULE`.
        ready_path: Answers GET with 200 once ready; '' = it has no readiness of its own.
        needed: Whether Tallygate gives up when it ends by itself before it was ever ready.
        may_end: Whether it is left alone when it ends by itself with exit code 0.
        workers: How many processes share its address.
    """

    name: str
    module: str
    ready_path: str = ""
    needed: bool = False
    may_end: bool = False
    workers: int = 1


class Child:
    """The process of a role: started, probed, reaped, started again."""

    def __init__(self, role: Role, run: Path, listening: socket.socket | None = None) -> None:
        """`listening`: The socket on which it serves; it stays open over all its lives."""
        self.role = role
        self._listening = listening
        self.url = ""
        self.was_ready = False
        self._address_file = run / f"{role.name}.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._deaths = 0
        self._start_at_s = 0.0

    @property
    def due(self) -> bool:
        """Whether it should be started now."""
        return self._process is None and time.monotonic() >= self._start_at_s

    @property
    def ready(self) -> bool:
        """Whether it answers; of a role without readiness: whether it has done its work."""
        return bool(self.url) if self.role.ready_path else self._start_at_s == math.inf

    def start(self, successor: int | None = None) -> None:
        """Begins its next life.

        Args:
            successor: It is to take over from another process; into this descriptor it writes when it can.
        """
        self.url = ""
        self._started_s = time.monotonic()
        given = {
            SOCKET_VARIABLE: self._listening.fileno() if self._listening else None,
            SUCCESSOR_VARIABLE: successor,
        }
        handed = {name: number for name, number in given.items() if number is not None}
        # A group of its own: Ctrl-C reaches the supervisor alone, and what the process leaves
        # behind when it is killed can be found.
        self._process = subprocess.Popen(  # noqa: S603 (our own modules)
            [sys.executable, "-m", self.role.module],
            stdin=subprocess.DEVNULL,
            process_group=0,
            pass_fds=list(handed.values()),
            env={
                **os.environ,
                PARENT_VARIABLE: str(os.getpid()),
                NAME_VARIABLE: self.role.name,
                WORKERS_VARIABLE: str(self.role.workers),
                **{name: str(number) for name, number in handed.items()},
            },
        )

    def reap(self) -> int | None:
        """The exit code if it has ended since the last look (negative = the signal), else None."""
        if self._process is None or self._process.poll() is None:
            return None
        code = int(self._process.returncode)
        self._kill_group()
        self._process = None
        self.url = ""
        if time.monotonic() - self._started_s > STEADY_AFTER_S:
            self._deaths = 0
        pause_s = BACK_OFF_S[min(self._deaths, len(BACK_OFF_S) - 1)]
        self._start_at_s = math.inf if self.ends_well(code) else time.monotonic() + pause_s
        self._deaths += 1
        return code

    def ends_well(self, code: int) -> bool:
        """Whether it has nothing left to do after ending with this code."""
        return self.role.may_end and code == 0

    def probe(self) -> None:
        """Notes its address if it has become ready."""
        if self._process is None or self.ready or not self.role.ready_path:
            return
        try:
            said = json.loads(self._address_file.read_bytes())
            url = str(said["url"])
            # The file may tell of a process that was killed, or of one that it is to succeed.
            if said["pid"] == self._process.pid and _get_status(url, self.role.ready_path) == 200:
                self.url = url
                self.was_ready = True
        except (OSError, ValueError, KeyError, TypeError):
            return  # not there yet

    @property
    def runs(self) -> bool:
        """Whether there is a process that was not reaped."""
        return self._process is not None

    def terminate(self) -> None:
        """Asks it to stop."""
        self.ask(signal.SIGTERM)

    def ask(self, number: signal.Signals) -> None:
        """Sends it a signal, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def wait(self, until_s: float) -> None:
        """Waits until it has ended, at most to the monotonic instant `until_s`, then kills it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"tallygate: the {self.role.name} did not stop in time", file=sys.stderr)
        self._kill_group()
        self._process.wait()

    def _kill_group(self) -> None:
        assert self._process is not None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # it left nothing behind


def _get_status(url: str, path: str) -> int:
    """The status of `GET path` at `url` (http://HOST:PORT)."""
    host, port = address(url.removeprefix("http://").rstrip("/"))
    with socket.create_connection((host, port), PROBE_TIMEOUT_S) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
        )
        status_line = connection.makefile("rb").readline(200).split()
    return int(status_line[1]) if len(status_line) > 1 else 0
