"""A real console process for tests."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Console:
    """A real console process on a home of its own."""

    def __init__(self, home: Path, port: int, **environment: str) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tallygate.web"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "TALLYGATE_HOME": str(home),
                "TALLYGATE_CONSOLE": f"127.0.0.1:{port}",
                **environment,
            },
        )

    @property
    def announced(self) -> Path:
        return self.home / "run" / "console.json"

    @property
    def worker(self) -> int:
        """The process id of the worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text())

    def wait_ready(self) -> None:
        until_s = time.monotonic() + 30
        while not self.announced.exists():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < until_s
            time.sleep(0.02)

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, _lower(answer.headers), answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, _lower(answer.headers), answer.read()

    def stop(self) -> str:
        """Asks it to stop, waits until it has, gives what it wrote to its log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=20)
        return log


def _lower(headers: object) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}  # type: ignore[attr-defined]


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
