"""`tallygate import access-log` counts each request of a log once, and tells what became of each line."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command_line import COMMAND, Serve, bootstrap, environment, tallygate, wait_until
from support.installation import free_port

pytestmark = pytest.mark.service

REAL_LOG = Path(__file__).parent.parent / "data" / "apache_access_10k.log.gz"
LINE = '203.0.113.9 - {user} [17/May/2015:10:05:{second:02} +0000] "{request}" 200 5 "-" "curl"\n'

TOTALS = """
import json, sys
from tallygate.domain import calendar
from tallygate.domain.zone import find_zone
from tallygate.domain.clock import SystemClock
from tallygate.history import History, Question, code_series
from tallygate.settings import load
may_2015 = calendar.window(
    find_zone("UTC"), 0, since="2015-05-01", until="2015-05-31",
    granularity=calendar.Granularity.DAY,
)
wanted = ["m:1", *map(code_series, range(100, 600))]
with History.open(load(), SystemClock()) as history:
    lines = history.ask(Question(tuple(wanted), may_2015, product="1")).lines
    assert not list(history.verify())
print(json.dumps({line.series: line.total for line in lines if line.total}))
"""


def line(second: int = 0, user: str = "mary", request: str = "GET /a HTTP/1.1") -> str:
    return LINE.format(second=second, user=user, request=request)


def load_log(home: Path, file: Path | str, *options: str, given: str = "") -> dict[str, int]:
    """Runs the import, which must succeed; the counts it prints, by what they count."""
    done = tallygate(
        "import", "access-log", file, "--product=1", "--home", home, *options, given=given.encode()
    )
    assert done.returncode == 0, done.stderr
    return counts(done.stdout)


def counts(printed: str) -> dict[str, int]:
    found = re.findall(r"^ *([\d,]+)  (.+)$", printed, re.MULTILINE)
    return {what: int(count.replace(",", "")) for count, what in found}


def in_catalog(home: Path, statements: str) -> str:
    """Runs statements that find the catalog's models imported."""
    script = (
        "from tallygate.settings import load; from tallygate.catalog.bootstrap import set_up;"
        "set_up(load())\nfrom tallygate.catalog.models import *\n" + statements
    )
    return python(home, script)


def python(home: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(home=str(home)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def totals(home: Path) -> dict[str, int]:
    """What the history says of May 2015: hits (`m:1`) and answers by code (`c:CODE`)."""
    return dict(json.loads(python(home, TOTALS)))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A home with a first provider, to be copied, and what bootstrap said of it."""
    home = tmp_path_factory.mktemp("model") / "home"
    return home, bootstrap(home)


@pytest.fixture
def made(model: tuple[Path, dict[str, Any]], home: Path) -> dict[str, Any]:
    """A home with a first provider."""
    shutil.copytree(model[0], home)
    return model[1]


def test_the_real_log_counts_once(home: Path, made: dict[str, Any]) -> None:
    """Of 10,000 real requests hits and answers by code are exact, also after importing them twice."""
    in_catalog(
        home,
        "for method in ('HEAD', 'POST', 'OPTIONS'):\n"
        "    hits = Metric.objects.get()\n"
        "    MappingRule.objects.create(product_id=1, metric=hits, http_method=method, pattern='/')",
    )
    first = load_log(home, REAL_LOG)
    assert first == {
        "lines read": 10_000,
        "matched a mapping rule": 10_000,
        "counted now": 10_000,
        "counted before": 0,
        "matched no mapping rule": 0,
        "could not be parsed": 0,
    }
    with Serve(home) as running:  # the second time through the listener
        running.wait_until_ready()
        second = load_log(home, REAL_LOG)
        assert (second["counted now"], second["counted before"]) == (0, 10_000)
        running.stop()
    assert totals(home) == {
        "m:1": 10_000, "c:200": 9126, "c:304": 445, "c:404": 213, "c:301": 164, "c:206": 45,
        "c:500": 3, "c:403": 2, "c:416": 2,
    }  # fmt: skip


@pytest.mark.usefixtures("made")
def test_a_grown_file_counts_what_is_new(home: Path, tmp_path: Path) -> None:
    """Of a file that has grown since, the new lines count; two equal lines are two hits."""
    log = tmp_path / "access.log"
    log.write_text(line() + line() + line(1))
    assert load_log(home, log)["counted now"] == 3
    log.write_text(log.read_text() + line(1) + line(2))
    again = load_log(home, log)
    assert (again["counted before"], again["counted now"]) == (3, 2)


@pytest.mark.usefixtures("made")
def test_each_line_is_accounted_for(home: Path) -> None:
    """Lines that match no rule, that cannot be parsed, and huge ones are told apart and shown."""
    text = (
        line()
        + line(request="PUT /a HTTP/1.1")
        + line(request="-")
        + "\x1b[31mjunk\n"
        + "x" * 70_000
    )
    done = tallygate(
        "import", "access-log", "-", "--product", "1", "--home", home, given=text.encode()
    )
    assert done.returncode == 0
    assert counts(done.stdout) == {
        "lines read": 5,
        "matched a mapping rule": 1,
        "counted now": 1,
        "counted before": 0,
        "matched no mapping rule": 2,
        "could not be parsed": 2,
    }
    assert r"line 4: not an access log line: '\x1b[31mjunk'" in done.stdout
    assert "line 5: longer than 65536 bytes" in done.stdout


def test_a_field_tells_the_application(home: Path, made: dict[str, Any]) -> None:
    """Lines go to the application that a field names, by id, number or user key; others are shown."""
    name = in_catalog(home, "print(Application.objects.get().application_id)").strip()
    key = made["application"]["user_key"]
    text = line(user=name) + line(1, user="1") + line(2, user="eve") + line(3, user="-")
    by_user = load_log(home, "-", "--application-by=remote_user", given=text)
    assert by_user["counted now"] == 2
    assert by_user["of an application that the product does not have"] == 2
    by_key = line(request=f"GET /a?user_key={key} HTTP/1.1") + line(request="GET /a HTTP/1.1")
    found = load_log(home, "-", "--application-by=arg_user_key", given=by_key)
    assert found["counted now"] == 1
    as_json = json.dumps(
        {"time": 1431857103, "request": "GET /a", "status": 200, "app": {"id": name}}
    )
    found = load_log(home, "-", "--format=json", "--application-by=app.id", given=as_json)
    assert found["counted now"] == 1


@pytest.mark.usefixtures("made")
def test_unknown_applications_are_named(home: Path) -> None:
    """The values that name no application are told, the most frequent first."""
    text = line(user="eve") + line(1, user="eve") + line(2, user="bob") + line(3, user="-")
    options = ("--product", "1", "--home", home, "--application-by", "remote_user")
    done = tallygate("import", "access-log", "-", *options, given=text.encode())
    assert done.stdout.splitlines()[-3:] == [
        "no application 'eve': 2 lines",
        "no application 'bob': 1 lines",
        "no application named: 1 lines",
    ]


@pytest.mark.usefixtures("made")
def test_other_mapping_rules_do_not_count_a_line_again(home: Path) -> None:
    """After the mapping rules were changed, lines of an earlier import stay as they were."""
    assert load_log(home, "-", given=line())["counted now"] == 1
    in_catalog(home, "MappingRule.objects.update(delta=5)")
    again = load_log(home, "-", given=line() + line(1))
    assert again["counted before under other mapping rules, left as they were"] == 1
    assert again["counted now"] == 1


@pytest.mark.usefixtures("made")
def test_a_broken_archive_keeps_what_came_before(home: Path, tmp_path: Path) -> None:
    """Of a gzip file that is cut, the whole lines count; the command ends with 1 and says where."""
    log = tmp_path / "access.log.gz"
    text = "".join(line(number % 60, f"u{number}") for number in range(5_000))
    log.write_bytes(gzip.compress(text.encode())[:-9])
    done = tallygate("import", "access-log", log, "--product", "1", "--home", home)
    assert done.returncode == 1
    assert f"tallygate: {log} is damaged after line" in done.stderr
    counted = counts(done.stdout)["counted now"]
    assert counted == counts(done.stdout)["lines read"] > 4_000
    log.write_bytes(gzip.compress(text.encode()))
    again = load_log(home, log)
    assert (again["counted before"], again["counted now"]) == (counted, 5_000 - counted)


@pytest.mark.usefixtures("made")
def test_killed_and_repeated_counts_once(home: Path, tmp_path: Path) -> None:
    """An import that is killed on its way and run again counts each line once."""
    log = tmp_path / "access.log"
    log.write_text("".join(line(number % 60, f"u{number}") for number in range(40_000)))
    arguments = [*COMMAND, "import", "access-log", str(log), "--product", "1", "--home", str(home)]
    importing = subprocess.Popen(arguments, env=environment(), stdout=subprocess.DEVNULL)
    state = home / "ledger" / "log"
    wait_until(lambda: state.exists() and _bytes(state) > 300_000, "nothing is written")
    importing.send_signal(signal.SIGKILL)
    assert importing.wait() == -signal.SIGKILL
    again = load_log(home, log)
    assert again["counted before"] > 0
    assert again["counted now"] > 0
    assert totals(home) == {"m:1": 40_000, "c:200": 40_000}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.log", "--product", "1"], 1, "missing.log cannot be read: No such file"),
        (["-", "--product", "9"], 1, "there is no product 9; there is: 1 (API)"),
        (["-", "--product", "1", "--application", "9"], 1, "product 1 has no application '9'"),
        (["-", "--product", "x"], 2, "Invalid value for '--product'"),
        (["-"], 2, "--product"),
        (["-", "--product", "1", "--format", "squid"], 2, "'squid' is not one of"),
        (["-", "--product=1", "--application=1", "--application-by=x"], 2, "not both"),
    ],
)
@pytest.mark.usefixtures("made")
def test_wrong_arguments(home: Path, arguments: list[str], code: int, message: str) -> None:
    """What makes no sense is told in clear words, and nothing is counted."""
    done = tallygate("import", "access-log", "--home", home, *arguments)
    assert done.returncode == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("made")
def test_several_applications_have_to_be_told_apart(home: Path) -> None:
    """Where the product has more than one application, the person must say which one called."""
    in_catalog(
        home,
        "first = Application.objects.get(); Application.objects.create(account=first.account,"
        " plan=first.plan, name='second')",
    )
    done = tallygate("import", "access-log", "-", "--product", "1", "--home", home)
    assert done.returncode == 1
    assert "several applications" in done.stderr
    assert "--application-by FIELD" in done.stderr
    assert load_log(home, "-", "--application=2", given=line())["counted now"] == 1


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    "junk", [os.urandom(100_000), b"\0" * 200_000, b"{}\n" * 10], ids=["random", "zeros", "json"]
)
def test_junk_ends_with_an_error(home: Path, junk: bytes) -> None:
    """A file with no line of the format ends with 1 and shows what it looks like."""
    done = tallygate("import", "access-log", "-", "--product", "1", "--home", home, given=junk)
    assert done.returncode == 1
    assert counts(done.stdout)["could not be parsed"] == counts(done.stdout)["lines read"] > 0
    assert "Traceback" not in done.stderr


def test_a_home_without_a_catalog_is_told(home: Path) -> None:
    """On a folder that holds no Tallygate the command says what to do, and creates nothing."""
    done = tallygate("import", "access-log", "-", "--product", "1", "--home", home)
    assert done.returncode == 1
    assert f"there is no Tallygate in {home}" in done.stderr
    assert not home.exists()


@pytest.mark.usefixtures("made")
def test_a_ledger_that_somebody_else_has_open_is_told(home: Path) -> None:
    """Two imports at once do not disturb each other: the second is told to wait, or counts as well."""
    script = (
        "import sys\nfrom tallygate.ledger.embedded.ledger import EmbeddedLedger\n"
        "from tallygate.domain.clock import SystemClock\nfrom tallygate.settings import load\n"
        "with EmbeddedLedger.open(load(), SystemClock()): print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment(home=str(home)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        done = tallygate(
            "import", "access-log", "-", "--product", "1", "--home", home, given=line().encode()
        )
        holder.communicate()
    assert done.returncode == 1
    assert "in use by process" in done.stderr


@pytest.mark.usefixtures("made")
def test_what_a_killed_listener_left_behind_is_no_listener(home: Path) -> None:
    """An address that is noted but at which nobody listens does not keep an import from counting."""
    (home / "run").mkdir()
    noted = {"pid": os.getpid(), "url": f"http://127.0.0.1:{free_port()}"}
    (home / "run" / "listener.json").write_text(json.dumps(noted))
    assert load_log(home, "-", given=line())["counted now"] == 1


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
