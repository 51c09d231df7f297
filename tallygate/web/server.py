"""The console's processes: Granian, and its one worker that loads Django and, with it, the history."""

import http.client
import json
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from tallygate import mail
from tallygate.domain.errors import TallygateError
from tallygate.process import allow_many_open_files, die_with_parent
from tallygate.settings import Settings, address, load
from tallygate.web.logs import logging_config

READY_POLL_S = 0.02
STOP_S = 5
"""How long requests that are being answered may hold up a stop."""


def main() -> None:
    """Runs until SIGTERM or SIGINT. Exits with 1 and a line of text when it cannot start."""
    die_with_parent()
    allow_many_open_files()
    multiprocessing.set_start_method("fork")  # the worker shares the memory of what is loaded
    try:
        serve(load())
    except (TallygateError, OSError) as error:
        sys.exit(f"tallygate console: {error}")


def serve(settings: Settings) -> None:
    """Serves Admin Portal and Analytics API; `run/console.json` tells where, while it is ready.

    Raises:
        OSError: The address cannot be listened on.
        InputError: A setting has the wrong form.
        SystemExit: The worker has ended by itself.
    """
    host, port = address(settings.console)
    if settings.smtp_url:
        mail.read(
            settings.smtp_url
        )  # what is wrong with it is told now, not when the first report is due
    settings.run.mkdir(parents=True, exist_ok=True)
    announced = settings.run / "console.json"
    announced.unlink(missing_ok=True)
    _check_free(host, port)
    server = Granian(
        "tallygate.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.console_threads + settings.console_streams,
        blocking_threads_idle_timeout=600,
        http=HTTPModes.http1,
        websockets=False,
        workers_kill_timeout=STOP_S,
        log_dictconfig=logging_config(),
        log_level=LogLevels.warning,
    )
    try:
        server.serve(target_loader=partial(_load, settings, announced), wrap_loader=False)
    finally:
        announced.unlink(missing_ok=True)


def _check_free(host: str, port: int) -> None:
    """Raises OSError with a reason that can be read; Granian's is a backtrace."""
    family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.create_server(where[:2], family=family):
        pass


def _load(settings: Settings, announced: Path) -> Callable[..., Any]:
    """In the worker: loads the site, starts the historian, and says when all is ready."""
    parent = os.getppid()
    die_with_parent(parent)
    from django.urls import get_resolver

    from tallygate.web import runtime, wsgi

    _ = get_resolver().url_patterns  # imports every page now, not at somebody's first request
    # Not before: they have records, which need the site.
    from tallygate.console.alerts.following import Follower
    from tallygate.web import scheduler

    # The worker is a forked process: Python ends it without running what atexit holds.
    Finalize(None, runtime.close, exitpriority=1)
    runtime.history()  # the log is carried into the history also while nobody asks
    runtime.beside("alerts", Follower(settings, runtime.clock()).follow)
    scheduler.start(settings)
    Finalize(None, scheduler.stop, exitpriority=2)  # it asks the history, so it ends first
    message = json.dumps({"pid": parent, "url": f"http://{settings.console}"})
    threading.Thread(target=_announce, args=(settings, announced, message), daemon=True).start()
    return wsgi.application


def _announce(settings: Settings, announced: Path, message: str) -> None:
    """Writes the message once the console answers: the server begins to listen after the site is loaded."""
    host, port = address(settings.console)
    delay_s = READY_POLL_S
    while not (_answers(host, port) and _written(announced, message)):
        time.sleep(delay_s)
        delay_s = min(delay_s * 1.5, 1)


def _written(file: Path, text: str) -> bool:
    """Whether the file could be written: on a full disk it is tried again."""
    draft = file.with_suffix(".draft")
    try:
        draft.write_text(text)
        draft.replace(file)
    except OSError:
        return False
    return True


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=STOP_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
