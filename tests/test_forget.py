"""`tallygate forget` leaves nothing of a consumer, proves it, and changes no total."""

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from support.command_line import tallygate
from support.installation import Installation, get
from support.redis_server import RedisServer

pytestmark = pytest.mark.service

NAME = "consumer-whom-nobody-shall-know"
OTHERS_HITS, ITS_HITS = 4, 7

CONSUMER = f"""
from tallygate.catalog import audit
provider = Provider.objects.get()
with audit.by(audit.Actor(provider, None, "api")):
    account = Account.objects.create(provider=provider, org_name="Org of {NAME}")
    Developer.objects.create(account=account, username="{NAME}", email="{NAME}@example.org")
    plan = ApplicationPlan.objects.get()
    for number in range(2):
        application = Application.objects.create(
            account=account, plan=plan, name="{NAME}", application_id=f"{NAME}-{{number}}", user_key=f"{NAME}-key-{{number}}"
        )
    ReferrerFilter.objects.create(application=application, value="{NAME}.example.org")
    application.name = "{NAME} renamed"
    application.save()
"""

DYING = """
import os, signal, sys
from pathlib import Path
from tallygate import cli
from tallygate.commands import catalog, forgetting
from tallygate.registry.writer import RegistryWriter
left = int(sys.argv.pop(1))
def dying(of, name):
    work = getattr(of, name)
    def wrapped(*given, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*given, **named)
    setattr(of, name, wrapped)
for of, name in ((forgetting, "write_durably"), (catalog, "erase"), (RegistryWriter, "forget_application"),
                 (forgetting, "_of_listener"), (catalog, "scrub"), (Path, "unlink")):
    dying(of, name)
cli.main()
"""
"""The command, in a process that is killed at the n-th of its steps."""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "home") as running:
        yield running


def post(installation: Installation, path: str, **form: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", installation.listener.port, timeout=20)
    try:
        connection.request("POST", path, urlencode(form))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def hit(installation: Installation, times: int, **credentials: str) -> None:
    query = urlencode({**credentials, "usage[hits]": 1, "log[code]": 200})
    for _ in range(times):
        status, body = get(installation.listener.port, f"/transactions/authrep.xml?{query}")
        assert status == 200, body


def consumer(installation: Installation) -> None:
    """An account with two applications, of which one is deleted again, that have called rightly and wrongly."""
    installation.catalog(CONSUMER)
    ours = installation.credentials()
    hit(installation, OTHERS_HITS, **ours)
    for number in range(ITS_HITS):
        hit(installation, 1, **{**ours, "user_key": f"{NAME}-key-{number % 2}"})
    wrong = {**ours, "user_key": f"{NAME}-key-1", "usage[no-such-metric]": "1"}
    status, _ = get(installation.listener.port, f"/transactions/authrep.xml?{urlencode(wrong)}")
    assert status == 404
    installation.catalog(
        "from tallygate.catalog import audit\n"
        "with audit.by(audit.Actor(Provider.objects.get(), None, 'api')):\n"
        f"    Application.objects.get(application_id='{NAME}-0').delete()"
    )


def number_of_account(installation: Installation) -> str:
    return str(installation.ids["account"]["id"] + 1)


def forget(installation: Installation, *arguments: str) -> dict[str, tuple[int, int]]:
    """By place, what was found before and what is left, as it prints them."""
    printed = installation.command("forget", *arguments, "--home", str(installation.home))
    *places, last = printed.splitlines()
    assert last.startswith("nothing is left of ")
    found = {}
    for line in places:
        match = re.fullmatch(r"(.+): (\d+) before, (\d+) left", line)
        assert match, line
        found[match[1]] = (int(match[2]), int(match[3]))
    return found


def files_that_name_it(home: Path) -> list[str]:
    """All but the parts that the analytics engine has replaced, and removes minutes later."""
    return sorted(
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file()
        and "store" not in path.relative_to(home).parts
        and NAME.encode() in path.read_bytes()
    )


def assert_forgotten(installation: Installation, running: set[str]) -> None:
    """And all that is to stay is there."""
    for name in ("listener", "console"):
        process = getattr(installation, name)
        if name in running:
            process.stop()
    assert files_that_name_it(installation.home) == []
    assert tallygate("verify", "--home", installation.home).returncode == 0
    for name in ("listener", "console"):
        process = getattr(installation, name)
        process.start()
        process.wait_until_ready()
    assert installation.total("hits") == OTHERS_HITS + ITS_HITS
    hit(installation, 1, **installation.credentials())
    assert installation.total("hits") == OTHERS_HITS + ITS_HITS + 1


@pytest.mark.parametrize("running", [{"listener", "console"}, {"listener"}, {"console"}, set()])
def test_an_account_is_erased_everywhere_and_the_totals_stay(
    installation: Installation, running: set[str]
) -> None:
    """Whatever of Tallygate runs; the application that was deleted before goes too."""
    consumer(installation)
    for name in {"listener", "console"} - running:
        getattr(installation, name).stop()
    found = forget(installation, "--account", number_of_account(installation))
    assert found["history.raw"] == (ITS_HITS, 0)
    assert {name: left for name, (_, left) in found.items() if left} == {}
    assert {name for name, (before, _) in found.items() if not before} <= {
        "ledger: ids",
        "ledger: log",
    }
    assert found["catalog"] == (4, 0)
    assert found["record of changes"][0] >= 6
    assert_forgotten(installation, running)


def named_on(client: Any) -> list[bytes]:
    """The keys of a Redis that name it, or whose values do."""
    read: dict[bytes, Callable[[bytes], object]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
    }
    return [key for key in client.scan_iter() if NAME in repr((key, read[client.type(key)](key)))]


@pytest.mark.parametrize("runs", [True, False])
def test_an_account_is_erased_on_redis_too(
    tmp_path: Path, redis_server: RedisServer, runs: bool
) -> None:
    """Counters, ids, events, log, errors, registry and its journal."""
    with redis_server.client() as administration:
        administration.flushall()
        with Installation(tmp_path / "home", ledger_url=redis_server.url) as installation:
            consumer(installation)
            assert len(named_on(administration)) > 5
            if not runs:
                installation.listener.stop()
                installation.console.stop()
            found = forget(installation, "--account", number_of_account(installation))
            assert found["history.raw"] == (ITS_HITS, 0)
            assert found["registry on Redis"][0] > 0
            assert found["ledger: events"][0] > 0
            assert named_on(administration) == []
            assert_forgotten(installation, {"listener", "console"} if runs else set())


def test_an_application_is_erased_and_the_rest_of_its_account_stays(
    installation: Installation,
) -> None:
    consumer(installation)
    number = str(installation.ids["application"]["id"] + 2)
    found = forget(installation, "--application", number)
    assert found["history.raw"] == (3, 0)
    installation.catalog(
        "assert Account.objects.count() == 2\n"
        f"assert not Application.objects.filter(application_id='{NAME}-1').exists()"
    )
    assert installation.total("hits") == OTHERS_HITS + ITS_HITS
    done = tallygate("forget", "--application", number, "--home", installation.home)
    assert (done.returncode, done.stderr[:44]) == (
        1,
        f"tallygate: nothing is known of application {number};"[:44],
    )


def test_an_application_of_another_control_plane_is_found_by_its_ids(
    installation: Installation,
) -> None:
    for path, given in (
        ("/services/", {"service": {"id": "x y", "provider_key": "pk", "backend_version": "1"}}),
        ("/services/x y/metrics/m", {"metric": {"name": "hits"}}),
        ("/services/x y/applications/a b", {"application": {"state": "active", "plan_id": "p"}}),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", installation.listener.port)
        connection.request("POST", "/internal" + path.replace(" ", "%20"), json.dumps(given))
        assert connection.getresponse().status == 201
        connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", installation.listener.port)
    connection.request("PUT", "/internal/services/x%20y/applications/a%20b/key/uk")
    assert connection.getresponse().status == 200
    connection.close()
    hit(installation, 3, provider_key="pk", service_id="x y", user_key="uk")
    found = forget(installation, "--product", "x y", "--application", "a b")
    assert found["history.raw"] == (3, 0)
    assert found["registry"][0] > 0
    assert forget(installation, "--product", "x y", "--application", "a b")["history.raw"] == (0, 0)


def test_a_kill_at_any_step_is_made_good_by_the_same_call_again(installation: Installation) -> None:
    """The note of whom to forget outlives it; `verify` tells that somebody is forgotten in part only."""
    hits, number, killed = 0, 0, True
    while killed:
        number += 1
        account = str(installation.ids["account"]["id"] + number)
        consumer(installation)
        hits += OTHERS_HITS + ITS_HITS
        arguments = ["forget", "--account", account, "--home", str(installation.home)]
        done = subprocess.run(
            [sys.executable, "-c", DYING, str(number), *arguments],
            env=installation.environment,
            capture_output=True,
            text=True,
        )
        killed = done.returncode == -signal.SIGKILL
        if killed:
            unfinished = (installation.home / "forgetting.json").exists()
            verified = tallygate("verify", "--home", installation.home)
            assert (verified.returncode, "forgotten in part" in verified.stdout) == (
                unfinished,
                unfinished,
            )
            forget(installation, "--account", account)
        else:
            assert done.returncode == 0, done.stderr
        assert installation.total("hits") == hits
    assert number > 7
    assert tallygate("verify", "--home", installation.home).returncode == 0
    installation.listener.stop()
    installation.console.stop()
    assert files_that_name_it(installation.home) == []


def test_a_consumer_who_goes_on_calling_is_refused_and_forgotten_all_the_same(
    installation: Installation,
) -> None:
    """Each call that was answered with 200 is in the total, as that of nobody."""
    consumer(installation)
    query = urlencode({**installation.credentials(), "user_key": f"{NAME}-key-1", "usage[hits]": 1})
    statuses: Counter[int] = Counter()
    stopping = threading.Event()

    def go_on() -> None:
        while not stopping.is_set():
            statuses[get(installation.listener.port, f"/transactions/authrep.xml?{query}")[0]] += 1

    caller = threading.Thread(target=go_on)
    caller.start()
    try:
        found = forget(installation, "--account", number_of_account(installation))
    finally:
        stopping.set()
        caller.join()
    assert {name: left for name, (_, left) in found.items() if left} == {}
    assert set(statuses) == {200, 403}
    assert installation.total("hits") == OTHERS_HITS + ITS_HITS + statuses[200]


def test_calls_that_make_no_sense_are_refused(home: Path) -> None:
    for arguments in ((), ("--account", "1", "--application", "2"), ("--product", "1")):
        assert tallygate("forget", *arguments, "--home", home).returncode == 2
