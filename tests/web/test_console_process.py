"""The console as a real process."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.console_process import ROOT, Console, alive
from support.installation import free_port

pytestmark = pytest.mark.service
Start = Callable[..., Console]


def wait_until(what: Callable[[], bool], within_s: float = 10) -> None:
    until_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_it_says_where_it_is_once_it_is_ready(console: Start) -> None:
    running = console()
    announced = json.loads(running.announced.read_text())
    assert announced == {"pid": running.process.pid, "url": running.url}
    status, headers, body = running.get("/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["content-type"] == "application/json"


def test_it_says_so_also_when_that_could_not_be_written_at_first(made_home: Path) -> None:
    """Once there is room again where the disk was full, say."""
    in_the_way = made_home / "run" / "console.draft"
    in_the_way.mkdir(parents=True)
    running = Console(made_home, free_port())
    try:
        wait_until(lambda: _answers(running), 30)
        time.sleep(0.5)  # it has tried to write
        assert not running.announced.exists()
        in_the_way.rmdir()
        wait_until(running.announced.exists)
    finally:
        log = running.stop()
    assert "Traceback" not in log


def _answers(running: Console) -> bool:
    try:
        return running.get("/healthz")[0] == 200
    except OSError:
        return False


def test_sigterm_stops_both_processes_cleanly_within_a_few_seconds(console: Start) -> None:
    running = console()
    worker = running.worker
    began_s = time.monotonic()
    log = running.stop()
    assert time.monotonic() - began_s < 5
    assert running.process.returncode == 0
    assert not alive(worker)
    assert not running.announced.exists()
    assert "Traceback" not in log


def test_it_starts_again_on_the_same_home(console: Start) -> None:
    for _ in range(2):
        running = console()
        assert running.get("/healthz")[0] == 200
        running.stop()


def test_when_the_worker_dies_the_console_ends_so_that_it_can_be_started_again(
    console: Start,
) -> None:
    running = console()
    os.kill(running.worker, signal.SIGKILL)
    assert running.process.wait(10) != 0
    assert console().get("/healthz")[0] == 200


def test_it_dies_with_its_parent(made_home: Path) -> None:
    program = (
        "import os, subprocess, sys\n"
        "environment = {**os.environ, 'TALLYGATE_PARENT_PID': str(os.getpid())}\n"
        "subprocess.run([sys.executable, '-m', 'tallygate.web'], env=environment)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={
            **os.environ,
            "TALLYGATE_HOME": str(made_home),
            "TALLYGATE_CONSOLE": f"127.0.0.1:{free_port()}",
        },
    )
    announced = made_home / "run" / "console.json"
    wait_until(announced.exists, 30)
    main = int(json.loads(announced.read_text())["pid"])
    worker = int(Path(f"/proc/{main}/task/{main}/children").read_text())
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(main) and not alive(worker))


def test_it_does_not_start_for_a_parent_that_has_gone(made_home: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tallygate.web"],
        cwd=ROOT,
        env={**os.environ, "TALLYGATE_HOME": str(made_home), "TALLYGATE_PARENT_PID": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode != 0
    assert "the parent process has gone" in ended.stderr


def test_an_address_in_use_is_told_in_one_line(made_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = Console(made_home, taken.getsockname()[1])
        _, log = refused.process.communicate(timeout=30)
    assert refused.process.returncode == 1
    assert "in use" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("value", ["nonsense", "127.0.0.1:99999"])
def test_a_setting_that_makes_no_sense_is_told_in_one_line(made_home: Path, value: str) -> None:
    refused = Console(made_home, 0, TALLYGATE_CONSOLE=value)
    _, log = refused.process.communicate(timeout=30)
    assert refused.process.returncode == 1
    assert "HOST:PORT" in log
    assert "Traceback" not in log


def test_static_files_are_served_and_may_be_cached_for_ever(console: Start) -> None:
    running = console()
    _, _, page = running.get("/login")
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode()))
    assert addresses
    for address in addresses:
        status, headers, body = running.get(address.partition("#")[0])
        assert status == 200
        assert body
        assert "immutable" in headers["cache-control"]
        assert "max-age=315360000" in headers["cache-control"]


def test_what_is_long_is_sent_compressed_to_those_who_can_read_it(console: Start) -> None:
    running = console()
    _, _, page = running.get("/login")
    (style,) = re.findall(r'href="(/static/[^"]+tokens\.css)"', page.decode())
    _, plain, body = running.get(style)
    assert "content-encoding" not in plain
    _, headers, compressed = running.get(style, **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(compressed) == body


def test_pages_let_nothing_run_but_the_sites_own_files(console: Start) -> None:
    running = console()
    for path in ("/login", "/nowhere", "/healthz"):
        _, headers, _ = running.get(path)
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"


def test_without_a_history_the_site_works_and_queries_say_why(
    console: Start, made_home: Path, bootstrapped: dict[str, Any]
) -> None:
    (made_home / "history").write_text("a file where the folder should be")
    running = console()
    assert running.get("/healthz")[0] == 200
    assert running.get("/login")[0] == 200
    status, _, body = running.get(
        f"/stats/services/{bootstrapped['product']['id']}/usage.json"
        f"?access_token={bootstrapped['access_token']}&metric_name=hits&period=day"
    )
    assert status == 503
    assert "history" in json.loads(body)["error"]


def test_it_answers_a_query_about_a_product_that_was_never_called(
    console: Start, bootstrapped: dict[str, Any]
) -> None:
    status, _, body = console().get(
        f"/stats/services/{bootstrapped['product']['id']}/usage.json"
        f"?access_token={bootstrapped['access_token']}&metric_name=hits&period=day"
    )
    assert (status, json.loads(body)["total"]) == (200, 0)


HOSTILE = [
    b"GET /%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /login?next=%ff%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /login HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n",
    b"GET /login HTTP/1.1\r\nHost: a\r\nCookie: tallygate_session=%00\xff; =;;\r\nConnection: close\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\n%zz",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain; charset=nope\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    b"PUT /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"NONSENSE /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /static/../settings.py HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /static/x/%2e%2e/%2e%2e/settings.py HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /products/99999999999999999999999/traffic HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST /internal/verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"GET /stats/services/1/usage.json HTTP/1.1\r\nHost: a\r\nAuthorization: Basic \xff\r\nConnection: close\r\n\r\n",
]  # fmt: skip


def test_hostile_requests_are_refused_and_never_break_it(console: Start) -> None:
    running = console()
    host, port = running.url.removeprefix("http://").split(":")
    for request in HOSTILE:
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(request)
            answer = connection.makefile("rb").read()
        status = int(answer.split(maxsplit=2)[1])
        assert 200 <= status < 500, (request, answer[:200])
    assert running.get("/healthz")[0] == 200
    assert "Traceback" not in running.stop()


def test_requests_in_work_are_answered_before_it_stops(console: Start) -> None:
    running = console()
    statuses: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                statuses.append(running.get("/login")[0])
            except OSError:
                return  # it no longer listens

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(statuses) > 20)
    running.stop()
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
