"""Many processes that listen on one address: started again one by one, and replaced one after the other."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command_line import alive, wait_until
from support.installation import get

from tallygate.child import Role
from tallygate.listeners import Listeners
from tallygate.supervisor import opened

pytestmark = pytest.mark.service

WORKER = """
import http.server, json, os, pathlib, signal, sys
from tallygate.process import NAME_VARIABLE, die_with_parent, handed_socket, is_successor, tell_that_it_can_take_over
die_with_parent()
if pathlib.Path("broken").exists():
    sys.exit("broken")
if is_successor():
    tell_that_it_can_take_over()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())
    def log_message(self, *given):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket.close()
server.socket = handed_socket()
for number in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, lambda *_: sys.exit(0))
host, port = server.socket.getsockname()
told = pathlib.Path(os.environ[NAME_VARIABLE] + ".json")
told.write_text(json.dumps({"pid": os.getpid(), "url": f"http://{host}:{port}"}))
server.daemon_threads = True
server.serve_forever()
"""


class Running:
    """Three workers of a small server, and what a supervisor does for them."""

    def __init__(self, folder: Path) -> None:
        (folder / "worker.py").write_text(WORKER)
        role = Role("worker", "worker", "/", needed=True)
        self.folder = folder
        self.said: list[str] = []
        self.sockets = opened(role, "127.0.0.1:0", 3)
        self.port = self.sockets[0].getsockname()[1]
        self.listeners = Listeners(role, folder, self.sockets, self.said.append)

    def pids(self) -> set[int]:
        names = ("worker", "worker-2", "worker-3")
        return {json.loads((self.folder / f"{name}.json").read_text())["pid"] for name in names}

    def work(self) -> bool:
        """One turn of the supervisor; whether all is well."""
        for child in self.listeners.current:
            child.reap()
            if child.due:
                child.start()
            child.probe()
        self.listeners.step()
        return self.listeners.ready and not self.listeners.busy

    def close(self) -> None:
        for child in self.listeners.all():
            child.terminate()
            child.wait(0)
        for each in self.sockets:
            each.close()


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.chdir(tmp_path)
    made = Running(tmp_path)
    wait_until(made.work, "they do not start")
    yield made
    made.close()


def test_all_listen_on_one_address_and_share_what_comes(running: Running) -> None:
    answered = {int(get(running.port, "/")[1]) for _ in range(100)}
    assert answered == running.pids()
    assert len(answered) == 3


def test_one_that_dies_is_started_again_and_the_others_stay(running: Running) -> None:
    """Whoever is connected to its place waits, and is refused by nobody."""
    before = running.pids()
    gone = min(before)
    os.kill(gone, signal.SIGKILL)
    clients = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(30)]
    wait_until(lambda: running.work() and gone not in running.pids(), "it does not come back")
    for client in clients:
        with client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.0 200 ")
    assert len(running.pids() & before) == 2


def test_all_are_replaced_one_after_the_other(running: Running) -> None:
    """There are never fewer than three that serve, and never more than four."""
    before = running.pids()
    running.listeners.replace()

    def done() -> bool:
        well = running.work()
        processes = [child for child in running.listeners.all() if child.runs]
        assert 3 <= len(processes) <= 4
        return well

    wait_until(done, "they are not replaced")
    assert not running.pids() & before
    assert not any(map(alive, before))


def test_where_a_new_one_cannot_start_the_old_ones_go_on(running: Running) -> None:
    """And it can be tried again."""
    before = running.pids()
    (running.folder / "broken").touch()
    running.listeners.replace()
    wait_until(running.work, "it is tried for ever")
    assert running.pids() == before
    assert running.said == [
        "the new listener cannot start; its reason stands above. The old one goes on"
    ]
    (running.folder / "broken").unlink()
    running.listeners.replace()
    wait_until(running.work, "they are not replaced")
    assert not running.pids() & before


def test_an_address_is_not_shared_with_strangers(running: Running) -> None:
    """Also where they would share it with us: half of the calls would go to them."""
    from tallygate.domain.errors import InputError

    role = Role("listener", "x")
    for number in (1, 2):
        with pytest.raises(InputError, match="another program listens there"):
            opened(role, f"127.0.0.1:{running.port}", number)
