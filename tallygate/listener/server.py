"""The listener's process: opens ledger and registry, serves, and lets go of them cleanly."""

import asyncio
import ctypes
import gc
import json
import os
import signal
import sys

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import TallygateError
from tallygate.ledger.embedded import Ledger
from tallygate.listener.app import Listener
from tallygate.registry.reader import Registry
from tallygate.settings import Settings, address, load, load_secrets

log = structlog.get_logger()

_PR_SET_PDEATHSIG = 1

_GC_THRESHOLDS = (50_000, 20, 1_000)
"""A full collection walks every kept call and counter, which takes a tenth of a second; they hold no cycles. So it is made rare."""


def main() -> None:
    """Runs until SIGTERM or SIGINT. Exits with 1 and a line of text when it cannot start."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    die_with_parent()
    try:
        settings = load()
        uvloop.run(serve(settings))
    except (TallygateError, OSError) as error:
        sys.exit(f"tallygate listener: {error}")


def die_with_parent() -> None:
    """Asks the kernel to end this process when its parent ends, however that ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    expected = os.environ.get("TALLYGATE_PARENT_PID")
    if expected and os.getppid() != int(expected):
        sys.exit("tallygate: the parent process has gone")


async def serve(settings: Settings) -> None:
    """Serves the Service Management API until the process is asked to stop.

    Raises:
        Busy, LogCorrupt, OSError: It cannot start.
    """
    host, port = address(settings.listener)
    clock = SystemClock()
    loop = asyncio.get_running_loop()
    with Ledger.open(settings, clock) as ledger:
        registry = Registry(settings.database)
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
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        announced = settings.run / "listener.json"
        settings.run.mkdir(parents=True, exist_ok=True)
        announced.write_text(json.dumps({"pid": os.getpid(), "url": f"http://{host}:{port}"}))
        log.info("listener ready", address=settings.listener, home=str(settings.home))
        try:
            await server.serve()
        finally:
            announced.unlink(missing_ok=True)
            registry.close()
