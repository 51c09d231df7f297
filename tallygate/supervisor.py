"""Starts the processes of a home, watches them, starts again what dies, and stops them all.

Kept small, since it stays in memory for as long as Tallygate runs: no Django, no HTTP library.
"""

import errno
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tallygate import __version__
from tallygate.domain.errors import Busy, InputError, TallygateError
from tallygate.process import PARENT_VARIABLE
from tallygate.settings import Settings, address, load

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
KILL_AFTER_S = 8.0
READY_POLL_S = 0.05
IDLE_POLL_S = 1.0
PROBE_TIMEOUT_S = 2.0
BACK_OFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_AFTER_S = 10.0
"""A process that has lived this long begins again at the first step of the back-off."""


class Role(NamedTuple):
    """A process to run.

    Attributes:
        name: What people call it; its address is in `run/NAME.json` once it listens.
        module: Run as `python -m MODULE`.
        ready_path: Answers GET with 200 once ready; '' = it has no readiness of its own.
        needed: Whether Tallygate gives up when it ends by itself before it was ever ready.
    """

    name: str
    module: str
    ready_path: str = ""
    needed: bool = False


LISTENER = Role("listener", "tallygate.listener", "/status", needed=True)
CONSOLE = Role("console", "tallygate.web", "/healthz")
DEMO = Role("demo", "tallygate.demo")


class Child:
    """One process of a role, over all its lives."""

    def __init__(self, role: Role, run: Path) -> None:
        self.role = role
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
        return bool(self.url) or not self.role.ready_path

    def start(self) -> None:
        self._address_file.unlink(missing_ok=True)
        self.url = ""
        self._started_s = time.monotonic()
        # A group of its own: Ctrl-C reaches the supervisor alone, and what the process leaves
        # behind when it is killed can be found.
        self._process = subprocess.Popen(  # noqa: S603 (our own modules)
            [sys.executable, "-m", self.role.module],
            stdin=subprocess.DEVNULL,
            process_group=0,
            env={**os.environ, PARENT_VARIABLE: str(os.getpid())},
        )

    def reap(self) -> int | None:
        """The exit code if it has ended since the last look (negative = the signal), else None."""
        if self._process is None or self._process.poll() is None:
            return None
        code = self._process.returncode
        self._kill_group()
        if time.monotonic() - self._started_s > STEADY_AFTER_S:
            self._deaths = 0
        self._start_at_s = time.monotonic() + BACK_OFF_S[min(self._deaths, len(BACK_OFF_S) - 1)]
        self._deaths += 1
        self._process = None
        self.url = ""
        return code

    def probe(self) -> None:
        """Notes its address if it has become ready."""
        if self._process is None or self.ready:
            return
        try:
            url = str(json.loads(self._address_file.read_bytes())["url"])
            if _get_status(url, self.role.ready_path) == 200:
                self.url = url
                self.was_ready = True
        except (OSError, ValueError, KeyError, TypeError):
            return  # not there yet

    def terminate(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait(self, until_s: float) -> None:
        """Waits until it has ended, at most to the monotonic instant `until_s`, then kills it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"the {self.role.name} did not stop in time and is killed")
        self._kill_group()
        self._process.wait()

    def _kill_group(self) -> None:
        assert self._process is not None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # it left nothing behind


class Supervisor:
    """Runs the roles of one home until a signal says stop."""

    def __init__(self, settings: Settings, demo: bool = False) -> None:
        self._settings = settings
        self._children = [Child(role, settings.run) for role in (LISTENER, CONSOLE)]
        self._demo = [Child(DEMO, settings.run)] if demo else []
        self._began_s = time.monotonic()
        self._told = False

    def run(self) -> int:
        """Returns the exit code: 0 = stopped on request, 1 = the listener could not start."""
        signals = _Signals()
        try:
            return self._watch(signals)
        finally:
            self._stop()

    def _watch(self, signals: "_Signals") -> int:
        while True:
            for child in self._running():
                code = child.reap()
                if code is not None and not self._goes_on_without(child, code):
                    return 1
                if child.due:
                    child.start()
                child.probe()
            ready = all(child.ready for child in self._children)
            if ready and not self._told:
                self._tell()
            if signals.stop_asked(IDLE_POLL_S if ready else READY_POLL_S):
                return 0

    def _running(self) -> Sequence[Child]:
        return [*self._children, *self._demo] if self._told else self._children

    def _goes_on_without(self, child: Child, code: int) -> bool:
        if child.role.needed and not child.was_ready and code >= 0:
            say(f"the {child.role.name} cannot start; its reason stands above")
            return False
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        say(f"the {child.role.name} has ended ({how}) and is started again")
        return True

    def _tell(self) -> None:
        self._told = True
        urls = {child.role.name: child.url for child in self._children}
        print(
            f"Tallygate {__version__}, data in {self._settings.home}\n"
            f"  Admin Portal  {urls['console']}\n"
            f"  Listener      {urls['listener']}\n"
            f"Ready in {time.monotonic() - self._began_s:.1f} s. Ctrl-C stops it.",
            flush=True,
        )

    def _stop(self) -> None:
        until_s = time.monotonic() + KILL_AFTER_S
        children = [*self._demo, *self._children]
        for child in children:
            child.terminate()
        for child in children:
            child.wait(until_s)


class ServeLock:
    """The lock of a home's one `serve`; held until the process ends."""

    def __init__(self, home: Path) -> None:
        """Raises:
        Busy: Another `serve` holds it; the message names the home and the process.
        InputError: The home cannot be created or written.
        """
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._file = (home / "serve.lock").open("a+")
        except OSError as error:
            raise InputError(f"the data folder {home} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            raise Busy(f"tallygate serve already runs on {home} (process {holder})") from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()


def check_free(role: Role, bind: str) -> None:
    """Raises InputError when `bind` (HOST:PORT) cannot be listened on; the message says why."""
    host, port = address(bind)
    option = f"--{role.name}"
    try:
        family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.create_server(where[:2], family=family):
            pass
    except OSError as error:
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise InputError(
            f"the {role.name} cannot use {bind}: {why}; {option} HOST:PORT chooses another address"
        ) from None


def say(message: str) -> None:
    """One line for the person who watches."""
    print(f"tallygate: {message}", file=sys.stderr, flush=True)


def main() -> int:
    """`python -m tallygate.supervisor [--demo]`, with the settings in the environment."""
    try:
        settings = load()
        lock = ServeLock(settings.home)
        for role, bind in ((LISTENER, settings.listener), (CONSOLE, settings.console)):
            check_free(role, bind)
        settings.run.mkdir(exist_ok=True)
    except TallygateError as error:
        say(str(error))
        return 1
    code = Supervisor(settings, demo="--demo" in sys.argv[1:]).run()
    del lock
    return code


class _Signals:
    """Waits for signals without losing one that comes just before the wait."""

    def __init__(self) -> None:
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def stop_asked(self, timeout_s: float) -> bool:
        """Waits for a signal, at most `timeout_s`; whether one asks to stop."""
        ready, _, _ = select.select([self._woken], [], [], timeout_s)
        return bool(ready) and not STOP_SIGNALS.isdisjoint(os.read(self._woken, 4096))


def _get_status(url: str, path: str) -> int:
    """The status of `GET path` at `url` (http://HOST:PORT)."""
    host, port = address(url.removeprefix("http://").rstrip("/"))
    with socket.create_connection((host, port), PROBE_TIMEOUT_S) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
        )
        status_line = connection.makefile("rb").readline(200).split()
    return int(status_line[1]) if len(status_line) > 1 else 0


if __name__ == "__main__":
    sys.exit(main())
