"""The console's processes: Granian, and its one worker that loads Django and, with it, the history."""

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from tallygate.domain.errors import TallygateError
from tallygate.settings import Settings, address, load
from tallygate.web.logs import logging_config

STOP_S = 5
"""How long requests that are being answered may hold up a stop."""

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Runs until SIGTERM or SIGINT. Exits with 1 and a line of text when it cannot start."""
    _die_with_parent(os.environ.get("TALLYGATE_PARENT_PID"))
    try:
        serve(load())
    except (TallygateError, OSError) as error:
        sys.exit(f"tallygate console: {error}")


def serve(settings: Settings) -> None:
    """Serves Admin Portal and Analytics API; `run/console.json` tells where, while it is ready.

    Raises:
        OSError: The address cannot be listened on.
        SystemExit: The worker has ended by itself.
    """
    host, port = address(settings.console)
    settings.run.mkdir(parents=True, exist_ok=True)
    announced = settings.run / "console.json"
    announced.unlink(missing_ok=True)
    server = Granian(
        "tallygate.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.console_threads,
        blocking_threads_idle_timeout=600,
        http=HTTPModes.http1,
        websockets=False,
        workers_kill_timeout=STOP_S,
        log_dictconfig=logging_config(),
        log_level=LogLevels.warning,
    )
    try:
        server.serve(
            target_loader=lambda: _load(settings, announced, f"http://{settings.console}"),
            wrap_loader=False,
        )
    finally:
        announced.unlink(missing_ok=True)


def _load(settings: Settings, announced: Path, url: str) -> Callable[..., Any]:
    """In the worker: loads the site, begins to open the history, and says that it is ready."""
    parent = os.getppid()
    _die_with_parent(str(parent))
    from django.urls import get_resolver

    from tallygate.web import runtime, wsgi

    assert get_resolver().url_patterns  # imports every page now, not at somebody's first request
    # The worker is a forked process: Python ends it without running what atexit holds.
    Finalize(None, runtime.close, exitpriority=1)
    threading.Thread(target=runtime.keep_open, name="history-opener", daemon=True).start()
    draft = announced.with_suffix(".draft")
    draft.write_text(json.dumps({"pid": parent, "url": url}))
    draft.replace(announced)
    return wsgi.application


def _die_with_parent(parent: str | None) -> None:
    """Asks the kernel to end this process when its parent ends, however that ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != int(parent):
        sys.exit("tallygate console: the parent process has gone")
