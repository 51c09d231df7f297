"""The listener's process: opens ledger and registry, serves, and lets go of them cleanly."""

import asyncio
import gc
import json
import os
import signal
import socket
import sqlite3
import sys
from typing import Final

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import TallygateError
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.listener.app import Listener
from tallygate.listener.internal.auth import require_password_unless_local
from tallygate.listener.request_log import configure_log
from tallygate.listener.watching import missed
from tallygate.process import allow_many_open_files, die_with_parent
from tallygate.registry.reader import SqliteRegistry
from tallygate.settings import Settings, address, load, load_secrets

log = structlog.get_logger()

_GC_THRESHOLDS: Final = (50_000, 20, 1_000)
"""A full collection walks every kept call and counter, which takes a tenth of a second; they hold no cycles. So it is made rare."""

STOP_WITHIN_S: Final = 5
"""How long calls that are under way may take when the process is asked to stop; then they are broken off, not counted."""


def main() -> None:
    """Runs until SIGTERM or SIGINT. Exits with 1 and a line of text when it cannot start."""
    configure_log()
    die_with_parent()
    allow_many_open_files()
    try:
        settings = load()
        uvloop.run(serve(settings))
    except (TallygateError, OSError, sqlite3.Error) as error:
        sys.exit(f"tallygate listener: {error}")


async def serve(settings: Settings) -> None:
    """Serves the Service Management API until the process is asked to stop.

    Raises:
        Busy, LogCorrupt, InputError, OSError, sqlite3.Error: It cannot start.
    """
    clock = SystemClock()
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for number in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # first: a stop may be asked for during the start
        loop.add_signal_handler(number, asked.set)
    with EmbeddedLedger.open(settings, clock) as ledger:
        host, port = free_address(*address(settings.listener))
        require_password_unless_local(settings, host)
        registry = SqliteRegistry(settings.database)
        ledger.raise_missed(missed(ledger, registry, ledger.replayed))
        app = Listener(
            registry, ledger, clock, settings, load_secrets(settings.home).internal_token
        )
        ledger.attach(loop)
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        server = Server(
            app,
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=1024,
            log_enabled=False,
        )
        announced = settings.run / "listener.json"
        settings.run.mkdir(parents=True, exist_ok=True)
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        announced.write_text(json.dumps({"pid": os.getpid(), "url": f"http://{shown}"}))
        log.info("listener ready", address=shown, home=str(settings.home))
        app.start()
        try:
            await _until_stopped(server, asked)
        finally:
            announced.unlink(missing_ok=True)
            app.close()
            registry.close()


def free_address(host: str, port: int) -> tuple[str, int]:
    """The numeric address; port 0 becomes one that is free.

    The server itself would share a port with another process that serves, and end without a word on one that is taken.

    Raises:
        OSError: The host is not known, or the port is taken or not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, place = found[0]
        with socket.create_server((str(place[0]), port), family=family) as tried:
            taken = tried.getsockname()
    except socket.gaierror as error:
        raise OSError(f"{host}: {error.strerror}") from error
    except OSError as error:
        raise OSError(f"{host}:{port}: {os.strerror(error.errno or 0)}") from error
    return str(taken[0]), int(taken[1])


async def _until_stopped(server: Server, asked: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    serving, asking = loop.create_task(server.serve()), loop.create_task(asked.wait())
    await asyncio.wait((serving, asking), return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    await asyncio.wait((serving,), timeout=STOP_WITHIN_S)
    if serving.done():
        serving.result()
    else:
        log.warning("calls are broken off", after_s=STOP_WITHIN_S)
        loop.set_exception_handler(lambda *_: None)  # the server complains of being left
