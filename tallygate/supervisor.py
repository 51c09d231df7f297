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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tallygate import __version__
from tallygate.child import Child, Role
from tallygate.domain.errors import Busy, InputError, TallygateError
from tallygate.listeners import Listeners
from tallygate.process import listen
from tallygate.settings import Settings, address, load

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})
KILL_AFTER_S = 8.0
READY_POLL_S = 0.05
IDLE_POLL_S = 1.0

CATALOG = Role("catalog", "tallygate.commands.migrate", may_end=True)
LISTENER = Role("listener", "tallygate.listener", "/status", needed=True)
CONSOLE = Role("console", "tallygate.web", "/healthz")
DEMO = Role("demo", "tallygate.demo", may_end=True)


class Plan(NamedTuple):
    """What is to run.

    Attributes:
        alone: The listener alone, without console and demo.
        workers: How many processes of the listener.
        demo: Whether there is a demo provider.
        test_mode: Whether the listener is one that a test suite controls.
    """

    alone: bool = False
    workers: int = 1
    demo: bool = False
    test_mode: bool = False

    @classmethod
    def of(cls, options: Sequence[str]) -> "Plan":
        """The plan of the command line."""
        workers = [int(each.partition("=")[2]) for each in options if each.startswith("--workers=")]
        flags = {
            name: f"--{name.replace('_', '-')}" in options
            for name in ("alone", "demo", "test_mode")
        }
        return cls(workers=workers[0] if workers else 1, **flags)


class Supervisor:
    """Runs the roles of one home until a signal says stop."""

    def __init__(self, settings: Settings, plan: Plan, sockets: Sequence[socket.socket]) -> None:
        """`sockets`: Those of the listener's processes."""
        self._settings = settings
        self._plan = plan
        role = LISTENER._replace(module="tallygate.test_mode") if plan.test_mode else LISTENER
        self._listeners = Listeners(role, settings.run, sockets, say)
        self._catalog = Child(CATALOG, settings.run)
        self._console = Child(CONSOLE, settings.run)
        self._demo = Child(DEMO, settings.run)
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
            self._listeners.step()
            ready = self._listeners.ready and (self._plan.alone or self._console.ready)
            if ready and not self._told:
                self._tell()
                continue
            idle = ready and not self._listeners.busy
            asked = signals.wait(IDLE_POLL_S if idle else READY_POLL_S)
            if not STOP_SIGNALS.isdisjoint(asked):
                return 0
            if signal.SIGHUP in asked:
                self._listeners.replace()

    def _wanted(self) -> Iterator[Child]:
        """What should run by now: the listener at once, the console on a catalog that is ready."""
        yield from self._listeners.current
        if self._plan.alone:
            return
        yield self._catalog
        if self._catalog.ready:
            yield self._console
        if self._plan.demo and self._told:
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
        portal = "" if self._plan.alone else f"  Admin Portal  {self._console.url}\n"
        print(
            f"Tallygate {__version__}, data in {self._settings.home}\n"
            f"{portal}"
            f"  Listener      {self._listeners.current[0].url}\n"
            f"Ready in {time.monotonic() - self._began_s:.1f} s. Ctrl-C stops it.",
            flush=True,
        )

    def _stop(self) -> None:
        until_s = time.monotonic() + KILL_AFTER_S
        children = [*self._listeners.all(), *self._wanted()]
        for child in children:
            child.terminate()
        for child in children:
            child.wait(until_s)


def make_home(home: Path) -> None:
    """Creates the data folder if it is not there. Raises InputError: it cannot be used."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)  # keys and usage are its owner's
    except OSError as error:
        raise InputError(f"the data folder {home} cannot be used: {error.strerror}") from None


class ServeLock:
    """The lock of a home's one `serve`; held until the process ends."""

    def __init__(self, home: Path) -> None:
        """Raises:
        Busy: Another `serve` holds it; the message names the home and the process.
        OSError: The home cannot be written.
        """
        self._file = (home / "serve.lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            raise Busy(f"tallygate serve already runs on {home} (process {holder})") from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()


def opened(role: Role, bind: str, number: int = 1) -> list[socket.socket]:
    """Sockets that listen on `bind` (HOST:PORT), which share what comes in.

    Raises:
        InputError: It cannot be listened on; the message says why.
    """
    host, port = address(bind)
    option = f"--{role.name}"
    try:
        first = listen(host, port)
        if number == 1:
            return [first]
        with first:  # nobody else was there: those who share would not notice
            port = first.getsockname()[1]
        return [listen(host, port, shared=True) for _ in range(number)]
    except OSError as error:
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise InputError(
            f"the {role.name} cannot use {bind}: {why}; {option} HOST:PORT chooses another address"
        ) from None


def say(message: str) -> None:
    """One line for the person who watches."""
    print(f"tallygate: {message}", file=sys.stderr, flush=True)


def main() -> int:
    """`python -m tallygate.supervisor OPTION...`, with the settings in the environment; `Plan` reads the options."""
    plan = Plan.of(sys.argv[1:])
    try:
        settings = load()
        make_home(settings.home)
        lock = None if plan.alone else ServeLock(settings.home)
        sockets = opened(LISTENER, settings.listener, plan.workers)
        if not plan.alone:
            for each in opened(CONSOLE, settings.console):
                each.close()  # the console listens by itself
        settings.run.mkdir(exist_ok=True)
    except (TallygateError, OSError) as error:
        say(str(error))
        return 1
    code = Supervisor(settings, plan, sockets).run()
    del lock
    return code


class _Signals:
    """Waits for signals without losing one that comes just before the wait."""

    def __init__(self) -> None:
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def wait(self, timeout_s: float) -> frozenset[int]:
        """Waits for signals, at most `timeout_s`; those that came."""
        ready, _, _ = select.select([self._woken], [], [], timeout_s)
        return frozenset(os.read(self._woken, 4096) if ready else b"")


if __name__ == "__main__":
    sys.exit(main())
