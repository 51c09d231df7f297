"""How a server in test mode is started, and where it is refused."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import bootstrap, tallygate
from support.driven_server import DrivenServer
from support.hook_receiver import HookReceiver
from support.installation import free_port, get
from support.running_listener import RunningListener

pytestmark = pytest.mark.service


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
@pytest.mark.parametrize("command", ["listener", "serve"])
def test_it_is_refused_where_other_machines_could_reach_it(
    home: Path, command: str, address: str
) -> None:
    """Whatever password there is; nothing is listened on by then, and nothing was made but the folder."""
    console = [f"--console=127.0.0.1:{free_port()}"] if command == "serve" else []
    done = tallygate(command, "--home", home, f"--listener={address}", "--test-mode", *console)
    assert done.returncode == 1
    host = address.rpartition(":")[0].strip("[]")
    assert f"test mode must be bound to a loopback address, not {host}: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "ledger").exists()


def test_it_is_refused_on_a_ledger_that_others_share(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tallygate.test_mode"],
        env={
            **os.environ,
            "TALLYGATE_HOME": str(home),
            "TALLYGATE_LISTENER": "127.0.0.1:0",
            "TALLYGATE_LEDGER_URL": "redis://127.0.0.1:1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "test mode works on the data folder's own ledger" in done.stderr


def test_without_it_there_are_no_such_commands(home: Path) -> None:
    own = RunningListener(home)
    own.start()
    try:
        for name in ("reset", "clock", "stat"):
            assert own.request("POST", f"/__test/{name}", b"{}").status == 404
    finally:
        own.close()


def test_nothing_of_it_is_loaded_without_it() -> None:
    """Neither by the listener, nor by the supervisor or the command line."""
    script = (
        "import sys, tallygate.listener.server, tallygate.listener.parts, tallygate.supervisor, tallygate.cli\n"
        "print([name for name in sys.modules if 'test_mode' in name])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_it_says_at_its_start_what_may_happen(home: Path) -> None:
    with DrivenServer(home) as server:
        assert "test mode: programs of this machine may delete all" in server.serving.printed


def test_what_was_counted_survives_its_death(home: Path) -> None:
    """What is set of the clock does not, nor what was put among the events."""
    with DrivenServer(home) as server:
        server.set_clock("2010-05-12 12:00")
        server.provision({"day": 2})
        assert server.authrep(hits=1)[0] == 200
        os.kill(server.serving.pid("listener"), signal.SIGKILL)
        assert server.stat(metric="hits", period="eternity") == 1
        assert server.stat(metric="hits", at="2010-05-12") == 1
        assert server.stat(metric="hits") is None
        server.set_clock("2010-05-12 12:00")
        assert [server.authrep(hits=1)[0] for _ in range(2)] == [200, 409]
        assert [each["timestamp"] for each in server.events()] == ["2010-05-12 12:00:00 UTC"] * 2


def test_a_start_without_it_goes_on_with_what_was_counted(home: Path) -> None:
    """Also after a reset: the log says that what came before is forgotten."""
    with DrivenServer(home) as server:
        server.provision()
        server.authrep(hits=5)
        server.test("reset")
        server.provision()
        server.authrep(hits=2)
        assert server.serving.stop()[0] == 0
    own = RunningListener(home)
    own.start()
    try:
        path = "/internal/services/10/applications/a/utilization/"
        own.request("PUT", "/internal/services/10/plans/p/usagelimits/30/year", b'{"usagelimit":{"year":9}}')  # fmt: skip
        assert '"current_value":2' in own.request("GET", path).body
    finally:
        own.close()


def test_metering_of_providers_can_be_tested_with_it(home: Path) -> None:
    """What a call counts for its provider is there at once."""
    with DrivenServer(home, master_service="1") as server:
        server.set_clock("2010-05-12 13:33")
        server.provision()
        internal = server.internal
        internal("POST", "/services/", {"service": {"id": "1", "provider_key": "master"}})
        for metric, name in (("100", "transactions/authorize"), ("200", "transactions")):
            internal("POST", f"/services/1/metrics/{metric}", {"metric": {"name": name}})
        internal("POST", "/services/1/applications/prov", {"application": {"state": "active"}})
        internal("PUT", "/services/1/applications/prov/key/pk")
        server.authrep(hits=1)
        server.authorize()
        server.report({"hits": 1}, {"hits": 1})
        server.test("flush_notifications")
        of = {"service": "1", "app": "prov", "period": "month", "at": "2010-05-01"}
        assert server.stat(**of, metric="transactions/authorize") == 2
        assert server.stat(**of, metric="transactions") == 3


def test_the_events_hook_is_told_by_run_jobs_and_once_a_minute_of_its_clock(home: Path) -> None:
    with (
        HookReceiver() as receiver,
        DrivenServer(home, events_hook=receiver.url, events_hook_secret="s") as server,
    ):
        server.set_clock("2010-05-12 12:00")
        server.provision()
        server.authrep(hits=1)
        server.test("run_jobs")
        server.test("run_jobs")
        assert [told.body for told in receiver.told] == ["secret=s"]
        server.set_clock("2010-05-12 12:01")
        server.test("run_jobs")
        assert len(receiver.told) == 2
        server.test("reset")
        server.test("run_jobs")
        assert len(receiver.told) == 2


def test_it_can_be_replaced_on_sighup(home: Path) -> None:
    with DrivenServer(home) as server:
        server.provision()
        server.authrep(hits=1)
        server.serving.replace()
        assert server.authrep(hits=1)[0] == 200
        assert server.stat(metric="hits", period="eternity") == 2


def test_serve_in_test_mode_shows_in_the_history_what_was_counted_and_forgets_it_at_a_reset(
    home: Path,
) -> None:
    """The portal's own products stay; only what the listener knew of them is gone."""
    ids = bootstrap(home)
    product = ids["product"]
    call = (
        f"/transactions/authrep.xml?service_id={product['id']}&service_token={product['service_token']}"
        f"&user_key={ids['application']['user_key']}&usage%5Bhits%5D=3"
    )
    query = f"access_token={ids['access_token']}&metric_name=hits&period=eternity"
    usage = f"/stats/services/{product['id']}/usage.json?{query}"
    with DrivenServer(home, alone=False) as server:
        assert get(server.port, call)[0] == 200
        assert b'"total":3' in get(server.serving.console, usage)[1]
        server.test("reset")
        assert b'"total":0' in get(server.serving.console, usage)[1]
        assert get(server.port, call)[0] == 403
