"""`tallygate serve` starts everything, keeps it running and stops it."""

import fcntl
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command_line import Serve, alive, bootstrap, resident_kb, tallygate, wait_until
from support.installation import free_port, get

from tallygate import child
from tallygate.child import Child, Role

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A serve on a folder that did not exist, ready."""
    with Serve(tmp_path_factory.mktemp("serve") / "home") as running:
        yield running.wait_until_ready()


def test_an_empty_folder_is_enough(serve: Serve) -> None:
    """On a folder that does not exist both processes become ready, and their addresses are told."""
    assert serve.healthy()
    assert f"Admin Portal  http://127.0.0.1:{serve.console}\n" in serve.printed
    assert f"Listener      http://127.0.0.1:{serve.listener}\n" in serve.printed


def test_a_second_serve_is_refused(serve: Serve) -> None:
    """A second serve on the same folder ends with 1, names folder and process, and disturbs nothing."""
    done = tallygate("serve", "--home", serve.home)
    assert done.returncode == 1
    assert done.stderr == (
        f"tallygate: tallygate serve already runs on {serve.home} (process {serve.process.pid})\n"
    )
    assert serve.healthy()


@pytest.mark.parametrize("name", ["listener", "console"])
def test_a_port_in_use_is_told(serve: Serve, tmp_path: Path, name: str) -> None:
    """When another program listens on the address, serve says so, and which option helps."""
    taken = f"127.0.0.1:{getattr(serve, name)}"
    other = "console" if name == "listener" else "listener"
    done = tallygate("serve", "--home", tmp_path / "x", f"--{name}", taken, f"--{other}", "[::1]:0")
    assert done.returncode == 1
    assert done.stderr == (
        f"tallygate: the {name} cannot use {taken}: another program listens there;"
        f" --{name} HOST:PORT chooses another address\n"
    )


def test_the_supervisor_is_small(serve: Serve) -> None:
    """The process that watches takes less than 25 MB."""
    assert resident_kb(serve.process.pid) < 25_000


@pytest.mark.parametrize("name", ["listener", "console"])
def test_a_process_that_is_killed_comes_back(serve: Serve, name: str) -> None:
    """After SIGKILL a process is started again, without help, and the person is told."""
    before = serve.pid(name)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not alive(before), "it was not killed")
    wait_until(serve.healthy, "it did not come back")
    assert serve.pid(name) != before
    assert f"the {name} has ended (signal 9) and is started again" in serve.printed


def test_sigterm_stops_all(home: Path) -> None:
    """SIGTERM ends serve with 0 within 10 seconds; no process and no address is left."""
    with Serve(home) as running:
        pids = running.wait_until_ready().pids()
        assert len(pids) >= 2
        code, took_s = running.stop()
        assert code == 0
        assert took_s < 10
        assert not any(map(alive, pids))
        assert list((home / "run").iterdir()) == []


def test_a_second_start_finds_what_was_counted(home: Path) -> None:
    """What was counted before a stop is there after the next start of the same folder."""
    ids = bootstrap(home)
    query = f"provider_key={ids['provider']['provider_key']}&metric_name=hits&period=day"
    call = (
        f"/transactions/authrep.xml?service_id={ids['product']['id']}"
        f"&service_token={ids['product']['service_token']}"
        f"&user_key={ids['application']['user_key']}&usage%5Bhits%5D=3"
    )
    path = f"/stats/services/{ids['product']['id']}/usage.json?{query}"
    for expected in (b'"total":3', b'"total":6'):
        with Serve(home) as running:
            running.wait_until_ready()
            assert get(running.listener, call)[0] == 200
            assert expected in get(running.console, path)[1]
            assert running.stop()[0] == 0


def test_all_die_with_the_supervisor(home: Path) -> None:
    """After SIGKILL of the supervisor itself no process of it stays, and the folder can be served."""
    with Serve(home) as running:
        pids = running.wait_until_ready().pids()
        running.process.kill()
        running.process.wait()
        wait_until(lambda: not any(map(alive, pids)), "children outlive the supervisor", 10)
    with Serve(home) as again:
        assert again.wait_until_ready().healthy()


def test_a_listener_that_cannot_start_ends_serve(home: Path) -> None:
    """When the ledger is in use by another process, serve ends with 1 and the reason is told."""
    (home / "ledger").mkdir(parents=True)
    with (home / "ledger" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Serve(home) as running:
            assert running.process.wait(20) == 1
            assert "in use" in running.printed
            assert "the listener cannot start; its reason stands above" in running.printed


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A data folder that cannot be one is told in one line."""
    file = tmp_path / "file"
    file.touch()
    done = tallygate("serve", "--home", file)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"the data folder {file} cannot be used" in done.stderr


def test_a_new_home_is_closed_to_other_users(serve: Serve) -> None:
    """Keys and usage lie in it."""
    assert stat.S_IMODE(serve.home.stat().st_mode) == 0o700


def test_a_run_folder_that_cannot_be_made_is_told(home: Path) -> None:
    """In one line, and not as a stack trace."""
    home.mkdir()
    (home / "run").touch()
    ports = [f"--{name}=127.0.0.1:{free_port()}" for name in ("listener", "console")]
    done = tallygate("serve", "--home", home, *ports)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("tallygate: [Errno 17] File exists")


def test_an_address_of_nobody_is_told(home: Path) -> None:
    """An address that this machine does not have is told, not tried for ever."""
    done = tallygate("serve", "--home", home, "--listener", "192.0.2.1:3001")
    assert done.returncode == 1
    assert "the listener cannot use 192.0.2.1:3001" in done.stderr


def test_a_process_that_keeps_dying_is_started_ever_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first death costs no time; the pause grows with each further one, up to the last step."""
    monkeypatch.setattr(child, "BACK_OFF_S", (0.0, 0.3, 0.6))
    dying = Child(Role("dying", "tallygate.no_such_module", "/"), tmp_path)
    pauses = []
    for _ in range(4):
        dying.start()
        wait_until(lambda: dying.reap() is not None, "it does not end")
        ended_s = time.monotonic()
        wait_until(lambda: dying.due, "it is not due again")
        pauses.append(time.monotonic() - ended_s)
    assert [round(pause / 0.3) for pause in pauses] == [0, 1, 2, 2]


def test_a_process_that_has_done_its_work_is_left_alone(tmp_path: Path) -> None:
    """A role that may end is not started again after exit code 0."""
    job = Child(Role("job", "this", may_end=True), tmp_path)
    job.start()
    wait_until(lambda: job.reap() == 0, "it does not end")
    assert job.ready
    assert not job.due


def test_what_a_killed_process_leaves_behind_is_ended(tmp_path: Path) -> None:
    """Processes of a child's group end when the child is killed: they would hold port and files."""
    script = tmp_path / "forks_and_waits.py"
    script.write_text(
        "import os, time\npid = os.fork()\nif pid: open('grandchild', 'w').write(f'{pid}\\n')\n"
        "time.sleep(600)\n"
    )
    parent = Child(Role("parent", "forks_and_waits"), tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        parent.start()
        wait_until(lambda: (tmp_path / "grandchild").exists() and _read(tmp_path), "no grandchild")
    grandchild = int(_read(tmp_path))
    assert parent._process is not None
    os.kill(parent._process.pid, signal.SIGKILL)
    wait_until(lambda: parent.reap() == -signal.SIGKILL, "it does not end")
    wait_until(lambda: not alive(grandchild), "the grandchild lives on")


def test_a_socket_that_waits_is_no_listener(home: Path) -> None:
    """A port that was in use a moment ago can be used at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    with Serve(home, listener=port) as running:
        assert running.wait_until_ready().healthy()


def _read(folder: Path) -> str:
    return (folder / "grandchild").read_text().strip()
