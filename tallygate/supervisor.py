"""Starts the processes of a home, watches them, starts again what dies, and stops them all.

Kept small, since it stays in memory for as long as Tallygate runs: no Django, no HTTP library.
"""

import errno
import fcntl
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tallygate import __version__
from tallygate.child import Child, Role
from tallygate.domain.errors import Busy, InputError, TallygateError
from tallygate.settings import Settings, address, load

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
KILL_AFTER_S = 8.0
READY_POLL_S = 0.05
IDLE_POLL_S = 1.0

CATALOG = Role("catalog", "tallygate.commands.migrate", may_end=True)
LISTENER = Role("listener", "tallygate.listener", "/status", needed=True)
CONSOLE = Role("console", "tallygate.web", "/healthz")
DEMO = Role("demo", "tallygate.demo", may_end=True)


class Supervisor:
    """Runs the roles of one home until a signal says stop."""

    def __init__(self, settings: Settings, demo: bool = False) -> None:
        self._settings = settings
        self._listener = Child(LISTENER, settings.run)
        self._catalog = Child(CATALOG, settings.run)
        self._console = Child(CONSOLE, settings.run)
        self._demo = Child(DEMO, settings.run) if demo else None
        self._began_s = time.monotonic()
        self._told = False

    def run(self) -> int:
        """Returns the exit code: 0 = stopped on request, 1 = the listener could not start."""
        signals = _Signals()
        say(f"starting on {self._settings.home}")
        try:
            return self._watch(signals)
        finally:
            self._stop()

    def _watch(self, signals: "_Signals") -> int:
        while True:
            for child in self._wanted():
                code = child.reap()
                if code is not None and not self._goes_on_without(child, code):
                    return 1
                if child.due:
                    child.start()
                child.probe()
            ready = self._listener.ready and self._console.ready
            if ready and not self._told:
                self._tell()
                continue
            if signals.stop_asked(IDLE_POLL_S if ready else READY_POLL_S):
                return 0

    def _wanted(self) -> Iterator[Child]:
        """What should run by now: the listener at once, the console on a catalog that is ready."""
        yield self._listener
        yield self._catalog
        if self._catalog.ready:
            yield self._console
        if self._demo is not None and self._told:
            yield self._demo

    def _goes_on_without(self, child: Child, code: int) -> bool:
        if child.role.needed and not child.was_ready and code >= 0:
            say(f"the {child.role.name} cannot start; its reason stands above")
            return False
        if not child.ends_well(code):
            how = f"exit code {code}" if code >= 0 else f"signal {-code}"
            say(f"the {child.role.name} has ended ({how}) and is started again")
        return True

    def _tell(self) -> None:
        self._told = True
        print(
            f"Tallygate {__version__}, data in {self._settings.home}\n"
            f"  Admin Portal  {self._console.url}\n"
            f"  Listener      {self._listener.url}\n"
            f"Ready in {time.monotonic() - self._began_s:.1f} s. Ctrl-C stops it.",
            flush=True,
        )

    def _stop(self) -> None:
        until_s = time.monotonic() + KILL_AFTER_S
        children = list(self._wanted())
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
            home.mkdir(mode=0o700, parents=True, exist_ok=True)  # keys and usage are its owner's
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
    except (TallygateError, OSError) as error:
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


if __name__ == "__main__":
    sys.exit(main())
