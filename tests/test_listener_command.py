"""`tallygate listener`: the listener alone, watched over, and replaced without a call noticing."""

import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.callers import Callers
from support.command_line import Serve, alive, bootstrap, tallygate, wait_until
from support.installation import free_port, get
from support.redis_server import RedisServer
from support.running_listener import App, RunningListener

pytestmark = pytest.mark.service


@pytest.fixture
def own(home: Path) -> Iterator[RunningListener]:
    """A registry to fill and a way to call; the process is the test's own."""
    running = RunningListener(home)
    running.service("2", "2")
    yield running
    running.close()


def serving(own: RunningListener, *options: str, **settings: str) -> Serve:
    return Serve(own.home, *options, listener=own.port, alone=True, **settings)


def authrep(app: App) -> str:
    return f"/transactions/authrep.xml?{app.by_id}&usage[hits]=1"


def one_call(connection: socket.socket, path: str = "/status") -> bytes:
    """Over a connection that is kept; b"" if it was closed."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection.recv(4096)


def answered_by(own: RunningListener) -> float:
    """How many authreps its processes say they have answered, over a connection to one of them."""
    families = text_string_to_metric_families(own.request("GET", "/metrics").body)
    codes = next(each for each in families if each.name == "apisonator_listener_response_codes")
    labels = [each.labels for each in codes.samples]
    assert {each["worker"] for each in labels} <= {"listener", "listener-2"}
    return sum(
        each.value
        for each in codes.samples
        if (each.labels["request_type"], each.labels["resp_code"]) == ("authrep", "2xx")
    )


def test_it_serves_without_a_console_and_stops_cleanly(home: Path) -> None:
    """On a folder that does not exist yet, which is closed to others; ended with 0 within ten seconds."""
    with Serve(home, alone=True) as running:
        running.wait_until_ready()
        assert f"  Listener      http://127.0.0.1:{running.listener}\n" in running.printed
        assert "Admin Portal" not in running.printed
        assert get(running.listener, "/status")[0] == 200
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        pids = running.pids()
        assert len(pids) == 1
        code, took_s = running.stop()
        assert code == 0
        assert took_s < 10
        assert not any(map(alive, pids))
        assert list((home / "run").iterdir()) == []


def test_more_workers_than_the_ledger_allows_are_refused(home: Path) -> None:
    """With the reason, and nothing is begun."""
    done = tallygate("listener", "--home", home, "--workers", "2")
    assert done.returncode == 1
    assert done.stderr == (
        "tallygate: --workers 2: the ledger of one machine has one process, so that limits are exact;"
        " more can serve on one that they share (TALLYGATE_LEDGER_URL)\n"
    )
    assert not home.exists()


def test_workers_on_a_shared_ledger_share_its_address_and_are_replaced_one_by_one(
    home: Path, tmp_path: Path
) -> None:
    """Limits are exact over all of them; no call is refused, broken or lost while they are replaced."""
    with RedisServer(tmp_path / "redis", fsync="everysec") as redis:
        own = RunningListener(home, ledger_url=redis.url)
        own.service("2", "2")
        app = own.application(limits={("hits", "eternity"): 10**9})
        with serving(own, "--workers=2", ledger_url=redis.url) as running:
            before = running.wait_until_ready().pids()
            assert len(before) == 2
            assert {running.pid("listener"), running.pid("listener-2")} == set(before)
            assert {own.authrep(f"{app.by_id}&usage[hits]=1").status for _ in range(9)} == {200}
            for _ in range(4):  # whichever is asked
                wait_until(lambda: answered_by(own) == 9, "a process does not tell of the other")
            with Callers(own.port, [authrep(app)]) as callers:
                running.process.send_signal(signal.SIGHUP)
                wait_until(
                    lambda: len(running.pids()) == 2 and not set(running.pids()) & set(before),
                    "they are not replaced",
                )
            assert callers.failures == []
            assert running.stop()[0] == 0
        assert own.counted(app) == 9 + callers.answered[authrep(app)] > 19
        assert list((home / "run").iterdir()) == []
        own.close()


def test_what_keeps_it_from_starting_is_told(home: Path) -> None:
    """An address that is taken, and a ledger that another listener has."""
    with Serve(home, alone=True) as running:
        running.wait_until_ready()
        taken = f"127.0.0.1:{running.listener}"
        done = tallygate("listener", "--home", home, "--listener", taken)
        assert done.returncode == 1
        assert f"the listener cannot use {taken}: another program listens there" in done.stderr
        done = tallygate("listener", "--home", home, "--listener", f"127.0.0.1:{free_port()}")
        assert done.returncode == 1
        assert f"is in use by process {running.pid('listener')}\n" in done.stderr
        assert get(running.listener, "/status")[0] == 200


def test_its_process_is_started_again_and_nobody_is_refused_meanwhile(own: RunningListener) -> None:
    """After kill -9 a client that connects at once is answered when the next process is there."""
    app = own.application(limits={("hits", "eternity"): 10})
    with serving(own) as running:
        running.wait_until_ready()
        assert own.authrep(f"{app.by_id}&usage[hits]=1").status == 200
        before = running.pid("listener")
        os.kill(before, signal.SIGKILL)
        assert own.authrep(f"{app.by_id}&usage[hits]=1").values["hits", "eternity"] == 2
        assert running.pid("listener") != before
        assert "the listener has ended (signal 9) and is started again" in running.printed


def test_its_process_dies_with_it(home: Path) -> None:
    with Serve(home, alone=True) as running:
        pids = running.wait_until_ready().pids()
        running.process.kill()
        running.process.wait()
        wait_until(lambda: not any(map(alive, pids)), "the listener outlives its parent", 10)


def test_sighup_replaces_the_process_and_no_call_is_refused_broken_or_lost(
    own: RunningListener,
) -> None:
    """With callers of all kinds under way, three times; each call that was answered is counted once."""
    apps = [own.application(limits={("hits", "eternity"): 10**9}) for _ in range(5)]
    with serving(own) as running:
        parent = running.wait_until_ready().process.pid
        with Callers(own.port, [authrep(app) for app in apps]) as callers:
            for _ in range(3):
                time.sleep(0.3)
                running.replace()
            time.sleep(0.3)
        assert running.process.pid == parent
        assert running.process.poll() is None
        assert callers.failures == []
        assert running.stop()[0] == 0
    assert {authrep(app): own.counted(app) for app in apps} == callers.answered
    assert min(callers.answered.values()) > 10


def test_an_idle_client_puts_the_leaving_off_until_it_has_called(own: RunningListener) -> None:
    """The old process still answers it, and says that the connection ends; others are answered all the time."""
    app = own.application(limits={("hits", "eternity"): 10**9})
    with serving(own) as running:
        before = running.wait_until_ready().pid("listener")
        with socket.create_connection(("127.0.0.1", own.port), timeout=20) as idle:
            assert b" 200 " in one_call(idle)
            running.process.send_signal(signal.SIGHUP)
            with Callers(own.port, [authrep(app)]) as callers:
                wait_until(lambda: len(running.pids()) == 2, "no successor")
                wait_until(lambda: b"close" in _answer_head(own), "the listener does not leave")
                assert running.pid("listener") == before
                answer = one_call(idle, authrep(app))
                assert b" 200 " in answer
                assert b"connection: close" in answer
                assert idle.recv(100) == b""
                wait_until(lambda: running.pid("listener") != before, "it was not replaced")
        assert callers.failures == []
        assert running.stop()[0] == 0
    assert own.counted(app) == callers.answered[authrep(app)] + 1


def _answer_head(own: RunningListener) -> bytes:
    with socket.create_connection(("127.0.0.1", own.port), timeout=20) as connection:
        return one_call(connection)


def test_a_report_that_is_under_way_is_finished_by_the_process_that_has_it(
    own: RunningListener,
) -> None:
    app = own.application()
    body = f"{app.by_id}&transactions[0][app_id]={app.id}&transactions[0][usage][hits]=7".encode()
    head = f"POST /transactions.xml HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with serving(own) as running:
        before = running.wait_until_ready().pid("listener")
        with socket.create_connection(("127.0.0.1", own.port), timeout=20) as slow:
            slow.sendall(head.encode() + body[:20])
            running.process.send_signal(signal.SIGHUP)
            wait_until(lambda: b"close" in _answer_head(own), "the listener does not leave")
            slow.sendall(body[20:])
            assert slow.recv(100).startswith(b"HTTP/1.1 202 ")
        wait_until(lambda: running.pid("listener") != before, "it was not replaced")
        assert running.stop()[0] == 0
    assert own.counted(app) == 7


def test_a_stop_goes_before_a_replacement(own: RunningListener) -> None:
    """Also while an idle client puts it off: all processes are gone within ten seconds."""
    with serving(own) as running:
        running.wait_until_ready()
        with socket.create_connection(("127.0.0.1", own.port), timeout=20) as idle:
            one_call(idle)
            running.process.send_signal(signal.SIGHUP)
            wait_until(lambda: b"close" in _answer_head(own), "the listener does not leave")
            pids = running.pids()
            assert len(pids) == 2
            running.process.send_signal(signal.SIGHUP)
            wait_until(
                lambda: "the listener is being replaced already" in running.printed, "not told"
            )
            code, took_s = running.stop()
        assert code == 0
        assert took_s < 10
        assert not any(map(alive, pids))


def test_sighup_to_serve_replaces_the_listener_and_leaves_the_console_alone(home: Path) -> None:
    bootstrap(home)
    with Serve(home) as running:
        console = running.wait_until_ready().pid("console")
        running.replace()
        assert running.healthy()
        assert running.pid("console") == console
        assert running.stop()[0] == 0
