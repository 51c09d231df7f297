"""The listener's process: opens ledger and registry, serves, and lets go of them cleanly.

asked by          what it does
SIGTERM, SIGINT   stops: calls that are under way may take STOP_WITHIN_S
SIGHUP            leaves: a successor waits for the ledger already, and no call may be broken (see `tallygate.gate`)
"""

import asyncio
import contextlib
import json
import math
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog
import uvloop

from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import TallygateError
from tallygate.gate import Gate
from tallygate.listener import parts
from tallygate.listener.app import Listener
from tallygate.listener.garbage import Collecting
from tallygate.listener.internal.auth import require_password_unless_local
from tallygate.listener.request_log import configure_log
from tallygate.process import (
    NAME_VARIABLE,
    allow_many_open_files,
    die_with_parent,
    handed_socket,
    listen,
)
from tallygate.settings import Settings, address, load, load_secrets

log = structlog.get_logger()

STOP_WITHIN_S: Final = 5
"""How long calls that are under way may take when the process is asked to stop; then they are broken off, not counted."""

LEAVE_WITHIN_S: Final = 30
"""How long a client that stays connected without a call, or with a slow one, may put off that the listener leaves."""

_NEW_WITHIN_S: Final = 0.25
"""How old connections may be at the moment in which the listener leaves: a client may have made one, and be about to call."""


class Served(NamedTuple):
    """What is served.

    Attributes:
        app: An RSGI application; while its `leaving` is true, each answer closes its connection.
        settle: To be awaited before it is closed, while calls still come: then closing takes no time.
    """

    app: Any
    settle: Callable[[], Awaitable[None]]


Open = Callable[[Settings, str], AbstractAsyncContextManager[Served]]
"""Opens what is served on a home; gets the numeric address to which it is bound."""


def main(opened: Open | None = None) -> None:
    """Runs until it is asked to end. Exits with 1 and a line of text when it cannot start.

    Args:
        opened: Opens what is served; None: the listener.
    """
    configure_log()
    die_with_parent()
    allow_many_open_files()
    try:
        settings = load()
        uvloop.run(serve(settings, opened or listener))
    except (TallygateError, OSError, sqlite3.Error) as error:
        sys.exit(f"tallygate listener: {error}")


@asynccontextmanager
async def listener(settings: Settings, host: str) -> AsyncIterator[Served]:
    """The listener on its home.

    Raises:
        Busy, LogCorrupt, InputError, OSError, sqlite3.Error: It cannot start.
    """
    require_password_unless_local(settings, host)
    clock = SystemClock()
    async with parts.opened(settings, clock) as found:
        token = load_secrets(settings.home).internal_token
        with contextlib.closing(Listener(found, clock, settings, token)) as app:
            app.start()
            yield Served(app, found.settle)


async def serve(settings: Settings, opened: Open) -> None:
    """Serves until the process is asked to end. Raises what `opened` raises, InputError, and OSError for the address."""
    asked = _Asked()  # first: a stop may be asked for during the start
    with handed_socket() or _listening(settings) as listening:
        host, port = listening.getsockname()[:2]
        async with contextlib.AsyncExitStack() as stack:
            served = await asked.unless_stopped(stack.enter_async_context(opened(settings, host)))
            if served is None:
                return
            gate = Gate(served.app, listening)
            collecting = Collecting(asyncio.get_running_loop())
            with (
                contextlib.closing(collecting),
                contextlib.closing(gate),
                _announced(settings, host, port),
            ):
                await _until_asked(gate, served, asked)


def _listening(settings: Settings) -> socket.socket:
    host, port = address(settings.listener)
    try:
        return listen(host, port)
    except OSError as error:
        raise OSError(f"{host}:{port}: {error.strerror}") from error


class _Asked:
    """What the process was asked by signals."""

    def __init__(self) -> None:
        self.stop, self.leave = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.leave.set)

    async def unless_stopped(self, work: Awaitable[Served]) -> Served | None:
        """What the work gives; None if a stop was asked for before."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            return working.result()
        working.cancel()
        return None


@contextmanager
def _announced(settings: Settings, host: str, port: int) -> Iterator[None]:
    """Tells in the home's `run` folder where this process serves, for as long as no other says so."""
    file = settings.run / f"{os.environ.get(NAME_VARIABLE) or 'listener'}.json"
    settings.run.mkdir(parents=True, exist_ok=True)
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    text = json.dumps({"pid": os.getpid(), "url": f"http://{shown}"})
    file.write_text(text)
    log.info("listener ready", address=shown, home=str(settings.home))
    try:
        yield
    finally:
        if _read(file) == text:
            file.unlink(missing_ok=True)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


async def _until_asked(gate: Gate, served: Served, asked: _Asked) -> None:
    loop = asyncio.get_running_loop()
    serving = loop.create_task(gate.serve())
    stopping = loop.create_task(asked.stop.wait())
    leaving = loop.create_task(_leave(gate, served, asked.leave))
    await asyncio.wait((serving, stopping, leaving), return_when=asyncio.FIRST_COMPLETED)
    for task in (stopping, leaving):
        task.cancel()
    gate.stop()
    await asyncio.wait((serving,), timeout=STOP_WITHIN_S)
    if serving.done():
        serving.result()
    else:
        log.warning("calls are broken off", after_s=STOP_WITHIN_S)
        loop.set_exception_handler(lambda *_: None)  # the server complains of being left


async def _leave(gate: Gate, served: Served, asked: asyncio.Event) -> None:
    """Returns when it was asked to leave, and the server may be stopped without breaking a call."""
    await asked.wait()
    loop = asyncio.get_running_loop()
    served.app.leaving = True
    since_s = dict.fromkeys(gate.connections(), -math.inf)
    until_s = loop.time() + LEAVE_WITHIN_S
    while any(loop.time() - begin_s > _NEW_WITHIN_S for begin_s in since_s.values()):
        if loop.time() >= until_s:
            break
        await asyncio.sleep(0.02)
        now_s = loop.time()
        since_s = {name: since_s.get(name, now_s) for name in gate.connections()}
    await served.settle()
    stuck = {name for name, begin_s in since_s.items() if loop.time() - begin_s > LEAVE_WITHIN_S}
    gate.shut()
    until_s = loop.time() + _NEW_WITHIN_S
    while gate.connections() - stuck and loop.time() < until_s:
        await asyncio.sleep(0.001)
