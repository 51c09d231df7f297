"""A whole installation for tests: real processes on a temporary home, that can be killed and started again."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlencode

READY_WITHIN_S = 30


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Process:
    """One role, as `python -m MODULE`."""

    def __init__(
        self,
        module: str,
        port: int,
        ready_path: str,
        environment: dict[str, str],
        arguments: Sequence[str] = (),
    ) -> None:
        self.port = port
        self._arguments = arguments
        self._module = module
        self._ready_path = ready_path
        self._environment = environment
        self._running: subprocess.Popen[bytes] | None = None

    def start(self, stderr: IO[bytes] | None = None) -> None:
        """Starts it; what it says goes to `stderr`, or to the tests' own."""
        self._running = subprocess.Popen(
            [sys.executable, "-m", self._module, *self._arguments],
            env=self._environment,
            start_new_session=True,
            stderr=stderr,
        )

    def wait_until_ready(self) -> None:
        """Returns when it answers 200; fails with the reason when it ended or takes too long."""
        assert self._running is not None
        give_up_at = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                if get(self.port, self._ready_path)[0] == 200:
                    return
            except OSError:
                pass
            assert self._running.poll() is None, f"{self._module} ended: {self._running.returncode}"
            assert time.monotonic() < give_up_at, f"{self._module} is not ready"
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL; what it started dies with it."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)
        try:
            return self._running.wait(15)
        except subprocess.TimeoutExpired:
            self._running.kill()
            raise

    def send_signal(self, number: signal.Signals) -> None:
        assert self._running is not None
        self._running.send_signal(number)

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None


class Installation:
    """Listener and console of one home, with the first provider in it.

    Attributes:
        ids: What `bootstrap` gave.
        api_url: An API that a gateway may pass calls on to; nobody is there until somebody says where it is.
    """

    api_url = "http://echo.invalid:80"

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        environment = {
            **os.environ,
            "TALLYGATE_HOME": str(home),
            **{f"TALLYGATE_{name.upper()}": value for name, value in settings.items()},
        }
        listener_port, console_port = free_port(), free_port()
        environment["TALLYGATE_LISTENER"] = f"127.0.0.1:{listener_port}"
        environment["TALLYGATE_CONSOLE"] = f"127.0.0.1:{console_port}"
        self.environment = environment
        self.ids: dict[str, Any] = json.loads(
            self.command("bootstrap", "--home", str(home), "--json")
        )
        self.listener = Process("tallygate.listener", listener_port, "/status", environment)
        self.console = Process("tallygate.web", console_port, "/healthz", environment)

    def command(self, *arguments: str) -> str:
        """Runs a command of the command line, which must succeed; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "tallygate.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def catalog(self, statements: str) -> str:
        """Runs statements that find the catalog's models imported; returns what they print."""
        script = (
            "from tallygate.settings import load; from tallygate.catalog.bootstrap import set_up;"
            "set_up(load())\nfrom tallygate.catalog.models import *\n" + statements
        )
        done = subprocess.run(
            [sys.executable, "-c", script], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __enter__(self) -> Self:
        for process in (self.listener, self.console):
            process.start()
        for process in (self.listener, self.console):
            process.wait_until_ready()
        return self

    def __exit__(self, *exception: object) -> None:
        for process in (self.listener, self.console):
            if process.alive:
                process.kill()

    def total(self, metric: str, period: str = "eternity") -> int:
        """The product's total, as the Analytics API tells it."""
        query = urlencode(
            {
                "access_token": self.ids["access_token"],
                "metric_name": metric,
                "period": period,
            }
        )
        path = f"/stats/services/{self.ids['product']['id']}/usage.json?{query}"
        status, body = get(self.console.port, path)
        assert status == 200, body
        return int(json.loads(body)["total"])

    @property
    def internal_token(self) -> str:
        return str(json.loads((self.home / "secrets.json").read_text())["internal_token"])

    def credentials(self) -> dict[str, str]:
        """The parameters of a protocol call for the first application."""
        product, application = self.ids["product"], self.ids["application"]
        return {
            "service_id": str(product["id"]),
            "service_token": product["service_token"],
            "user_key": application["user_key"],
        }


def get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of one GET over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_WITHIN_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
