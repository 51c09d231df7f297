"""The listener's process: how it starts, says where it is, refuses to start, and stops."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.running_listener import RunningListener

pytestmark = pytest.mark.service


@pytest.fixture
def own(home: Path) -> Iterator[RunningListener]:
    """A listener of the test's own, not started."""
    running = RunningListener(home)
    running.service("2", "2")
    yield running
    running.close()


def refused(home: Path, **environment: str) -> str:
    """What a listener that cannot start says on its way out."""
    done = subprocess.run(
        [sys.executable, "-m", "tallygate.listener"],
        env={**os.environ, "TALLYGATE_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_it_says_where_it_is_as_long_as_it_runs(own: RunningListener) -> None:
    own.start()
    announced = own.home / "run" / "listener.json"
    said = json.loads(announced.read_text())
    assert said["url"] == f"http://127.0.0.1:{own.port}"
    os.kill(said["pid"], 0)
    assert own.process.stop() == 0
    assert not announced.exists()


def test_it_stops_within_ten_seconds_although_callers_stay_connected(own: RunningListener) -> None:
    """An idle connection, and one in the middle of a report, do not keep it; what was acknowledged is there afterwards."""
    own.start()
    app = own.application()
    assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
    with (
        socket.create_connection(("127.0.0.1", own.port)) as idle,
        socket.create_connection(("127.0.0.1", own.port)) as busy,
    ):
        idle.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.recv(100)
        busy.sendall(b"POST /transactions.xml HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nab")
        began_at = time.monotonic()
        assert own.process.stop() == 0
        assert time.monotonic() - began_at < 10
    assert own.counted(app) == 1


def test_idle_connections_do_not_delay_a_stop(own: RunningListener) -> None:
    own.start()
    with socket.create_connection(("127.0.0.1", own.port)) as idle:
        idle.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.recv(100)
        began_at = time.monotonic()
        assert own.process.stop() == 0
        assert time.monotonic() - began_at < 3


def test_port_zero_means_one_that_is_free(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tallygate.listener"],
        env={**os.environ, "TALLYGATE_HOME": str(home), "TALLYGATE_LISTENER": "localhost:0"},
    )
    announced = home / "run" / "listener.json"
    try:
        _wait_until(announced.exists)
        host, _, port = (
            json.loads(announced.read_text())["url"].removeprefix("http://").rpartition(":")
        )
        _wait_until(lambda: _answers(host.strip("[]"), int(port)))
    finally:
        process.terminate()
        assert process.wait() == 0


def test_killed_and_started_again_it_counts_on_where_it_was(own: RunningListener) -> None:
    own.start()
    app = own.application(limits={("hits", "eternity"): 3})
    call = f"{app.by_id}&usage[hits]=1"
    assert [own.authrep(call).status for _ in range(2)] == [200, 200]
    own.process.kill()
    own.start()
    assert [own.authrep(call).status for _ in range(2)] == [200, 409]
    assert own.counted(app) == 3


def test_while_the_registry_cannot_be_read_calls_get_503_and_later_they_count(
    own: RunningListener,
) -> None:
    """A renamed table stands for a file that the disk does not give."""
    own.start()
    app = own.application()
    database = sqlite3.connect(own.home / "tallygate.db", isolation_level=None)
    database.execute("ALTER TABLE registry_application RENAME TO away")
    answer = own.authrep(f"{app.by_id}&usage[hits]=1")
    assert (answer.status, 'code="unavailable"' in answer.body) == (503, True)
    database.execute("ALTER TABLE away RENAME TO registry_application")
    database.close()
    assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
    assert own.counted(app) == 1


def test_a_second_listener_on_the_same_home_is_refused(own: RunningListener) -> None:
    own.start()
    said = refused(own.home, TALLYGATE_LISTENER="127.0.0.1:0")
    pid = json.loads((own.home / "run" / "listener.json").read_text())["pid"]
    assert said == f"tallygate listener: the ledger in {own.home}/ledger is in use by process {pid}"


def test_an_address_that_is_taken_is_refused(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refused(home, TALLYGATE_LISTENER=address)
    assert said == f"tallygate listener: {address}: Address already in use"
    assert not (home / "run" / "listener.json").exists()


def test_an_internal_api_that_all_could_call_is_refused(home: Path) -> None:
    """Bound to more than loopback, the listener wants a password for it; with one it starts."""
    said = refused(home, TALLYGATE_LISTENER="0.0.0.0:0")
    assert said.startswith("tallygate listener: TALLYGATE_INTERNAL_PASSWORD must be set: ")
    assert not (home / "run" / "listener.json").exists()
    password = {"TALLYGATE_INTERNAL_PASSWORD": "secret"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tallygate.listener"],
        env={
            **os.environ,
            "TALLYGATE_HOME": str(home),
            "TALLYGATE_LISTENER": "0.0.0.0:0",
            **password,
        },
    )
    try:
        _wait_until((home / "run" / "listener.json").exists)
    finally:
        process.terminate()
        assert process.wait() == 0


def test_an_address_where_another_listener_serves_is_refused(
    own: RunningListener, tmp_path: Path
) -> None:
    """Two homes never share a port: calls would go now to the one, now to the other."""
    own.start()
    said = refused(tmp_path / "other", TALLYGATE_LISTENER=f"127.0.0.1:{own.port}")
    assert said.endswith("Address already in use")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTENER", "nowhere"),
        ("LISTENER", "127.0.0.1:99999"),
        ("LISTENER", "no.such.host.invalid:3001"),
        ("CHECKPOINT_S", "soon"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(home: Path, name: str, value: str) -> None:
    said = refused(home, **{f"TALLYGATE_{name}": value})
    assert said.startswith("tallygate listener: ")
    assert value.partition(":")[0] in said or name in said


def test_a_damaged_state_is_told_in_a_line(home: Path) -> None:
    """Not as a stack trace; and the file is left for whoever wants to look at it."""
    (home / "ledger").mkdir(parents=True)
    state = home / "ledger" / "state.db"
    state.write_bytes(b"no database" * 1000)
    assert "not a database" in refused(home)
    assert state.read_bytes() == b"no database" * 1000


def test_it_dies_with_its_parent(home: Path) -> None:
    """A supervisor that is killed leaves no listener behind."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-m', 'tallygate.listener']);"
            "print(child.pid, flush=True); time.sleep(60)",
        ],
        env={**os.environ, "TALLYGATE_HOME": str(home), "TALLYGATE_LISTENER": "127.0.0.1:0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    _wait_until((home / "run" / "listener.json").exists)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    _wait_until(lambda: not _runs(child))


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait_until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
