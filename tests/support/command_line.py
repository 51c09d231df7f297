"""The `tallygate` command for tests: run to its end, or left serving."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from support.installation import free_port, get

READY_WITHIN_S = 30
COMMAND = (sys.executable, "-m", "tallygate.cli")


def environment(**settings: str) -> dict[str, str]:
    """This process's, with no setting of Tallygate but those given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TALLYGATE_")}
    return {**clean, **{f"TALLYGATE_{name.upper()}": value for name, value in settings.items()}}


def tallygate(*arguments: str | Path, given: bytes = b"") -> "subprocess.CompletedProcess[str]":
    """Runs a command; `given` is its standard input."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], env=environment(), input=given, capture_output=True
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def bootstrap(home: Path) -> dict[str, Any]:
    """A first provider in this home."""
    done = tallygate("bootstrap", "--home", home, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


class Serve:
    """A running `tallygate serve`, or `tallygate listener`. Leaving the `with` kills what is left of it.

    Attributes:
        output: The file that holds what it printed, both streams.
    """

    def __init__(
        self,
        home: Path,
        *options: str,
        listener: int = 0,
        console: int = 0,
        command: tuple[str, ...] = COMMAND,
        folder: Path | None = None,
        alone: bool = False,
        **settings: str,
    ) -> None:
        """Starts `command` in `folder`; with port 0 on ports that are free. `alone`: the listener without the console."""
        self.home = home
        self.listener = listener or free_port()
        self.console = console or free_port()
        self.output = home.with_name(f"{home.name}.serve.log")
        addresses = [f"--listener=127.0.0.1:{self.listener}"]
        if not alone:
            addresses.append(f"--console=127.0.0.1:{self.console}")
        subcommand = "listener" if alone else "serve"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, subcommand, "--home", str(home), *addresses, *options],
                env=environment(**settings),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pids = self.pids()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        wait_until(lambda: not any(map(alive, pids)), "the children outlive the supervisor")

    def wait_until_ready(self) -> Self:
        """Returns when it has told that it is ready."""
        wait_until(
            lambda: "Ready in" in self.printed or self.process.poll() is not None, "not ready"
        )
        assert self.process.poll() is None, self.printed
        return self

    def replace(self) -> None:
        """SIGHUP; returns when the listener is another process."""
        before = self.pid("listener")
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.pid("listener") != before, "the listener is not replaced")

    def stop(self) -> tuple[int, float]:
        """SIGTERM; the exit code and how many seconds it took."""
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        return code, time.monotonic() - began_s

    @property
    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def pid(self, name: str) -> int:
        """The process that the running 'listener' or 'console' has noted; it may answer a moment before it notes."""
        noted = self.home / "run" / f"{name}.json"
        wait_until(lambda: _pid_in(noted), f"the {name} has noted no address")
        return _pid_in(noted)

    def pids(self) -> list[int]:
        """All processes below the supervisor."""
        return _below(self.process.pid)

    def healthy(self) -> bool:
        """Whether both answer."""
        try:
            return all(
                get(port, path)[0] == 200
                for port, path in ((self.listener, "/status"), (self.console, "/healthz"))
            )
        except OSError:
            return False


def alive(pid: int) -> bool:
    """Whether the process runs; one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def resident_kb(pid: int) -> int:
    """Memory of a process that is in RAM."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def wait_until(done: Any, otherwise: str, within_s: float = READY_WITHIN_S) -> None:
    """Polls until `done()`; fails with `otherwise` after a time."""
    give_up_at = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_at, otherwise
        time.sleep(0.05)


def _pid_in(noted: Path) -> int:
    """0: nothing is noted."""
    try:
        return int(json.loads(noted.read_text())["pid"])
    except (OSError, ValueError):
        return 0


def _below(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    children = [int(word) for word in text.split()]
    return children + [below for child in children for below in _below(child)]
