"""The `tallygate` command does what its help says, and tells errors in one line."""

import json
import resource
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from support.command_line import Serve, bootstrap, environment, tallygate

import tallygate as package

COMMANDS = [
    [],
    ["serve"],
    ["bootstrap"],
    ["import"],
    ["import", "access-log"],
    ["verify"],
    ["delete-stats"],
    ["disk"],
    ["forget"],
    ["password"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_every_command(command: list[str]) -> None:
    """Every command has a help that ends with 0."""
    done = tallygate(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ")


def test_version() -> None:
    """--version prints the package's version."""
    assert tallygate("--version").stdout == f"tallygate {package.__version__}\n"


def test_help_is_quick() -> None:
    """The command line loads neither Django nor the analytics engine to show its help."""
    script = (
        "import sys; from tallygate.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'django', 'chdb', 'granian', 'rich.progress'} & set(sys.modules)))"
    )
    started_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment()
    )
    assert done.stdout.endswith("[]\n"), done.stderr
    assert time.monotonic() - started_s < 5


@pytest.mark.parametrize(
    "arguments",
    [["unknown"], ["serve", "--port", "1"], ["import", "access-log"], ["verify", "extra"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    """A command that does not exist, or was called wrongly, ends with 2 and says what is wrong."""
    done = tallygate(*arguments)
    assert done.returncode == 2
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "--listener", "3001"], "an address has the form HOST:PORT, not '3001'"),
        (["serve", "--console", "localhost:99999"], "an address has the form HOST:PORT"),
        (["verify"], "there is no Tallygate in"),
        (["delete-stats", "1"], "there is no Tallygate in"),
        (["disk"], "there is no Tallygate in"),
        (["forget", "--account", "1"], "there is no Tallygate in"),
        (["password", "admin", "--generate"], "there is no Tallygate in"),
    ],
)
def test_errors_are_one_line(home: Path, arguments: list[str], message: str) -> None:
    """An error ends with 1 and one line on standard error; nothing is created."""
    done = tallygate(*arguments, "--home", home)
    assert done.returncode == 1
    assert done.stderr.startswith(f"tallygate: {message}")
    assert done.stderr.count("\n") == 1
    assert not home.exists()


def test_settings_of_the_environment_are_checked(home: Path) -> None:
    """A setting of the wrong form is named."""
    done = subprocess.run(
        [sys.executable, "-m", "tallygate.cli", "verify"],
        env=environment(home=str(home), raw_days="many"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("tallygate: TALLYGATE_RAW_DAYS: ")


@pytest.mark.service
class TestBootstrap:
    """Making a first provider."""

    def test_prints_what_a_first_call_needs(self, home: Path) -> None:
        """The first run prints ids as integers and every secret; the second the same ids."""
        first, second = bootstrap(home), bootstrap(home)
        for owner in ("provider", "product", "plan", "account", "application"):
            assert isinstance(first[owner]["id"], int)
            assert first[owner] == second[owner]
        assert first["admin"]["password"]
        assert first["access_token"]
        assert (second["admin"]["password"], second["access_token"]) == (None, None)
        assert first["not_shown"] == []
        assert second["not_shown"] == ["access_token", "admin.password"]

    def test_prints_lines_for_people(self, home: Path) -> None:
        """Without --json each value stands in a line of its own, and what is not shown is said."""
        made = bootstrap(home)
        lines = tallygate("bootstrap", "--home", home).stdout.splitlines()
        assert f"application.user_key: {made['application']['user_key']}" in lines
        assert "admin.password: (cannot be shown again)" in lines

    def test_keeps_secrets_to_the_owner(self, home: Path) -> None:
        """Files with secrets can be read by their owner only."""
        bootstrap(home)
        for name in ("secrets.json", "tallygate.db"):
            assert (home / name).stat().st_mode & 0o077 == 0


@pytest.mark.service
class TestPassword:
    """Setting a user's password."""

    @pytest.fixture
    def made(self, home: Path) -> dict[str, Any]:
        return bootstrap(home)

    def may_sign_in(self, home: Path, password: str) -> bool:
        script = (
            "import sys\nfrom tallygate.settings import load\n"
            "from tallygate.catalog.bootstrap import set_up\nset_up(load())\n"
            "from tallygate.catalog.models import User\n"
            "print(User.objects.get(username='admin').check_password(sys.stdin.read()))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment(home=str(home)),
            input=password,
            capture_output=True,
            text=True,
        )
        return done.stdout == "True\n"

    def test_a_generated_one_is_printed(self, home: Path, made: dict[str, Any]) -> None:
        """--generate prints a password that works, and the one before no longer does."""
        new = tallygate("password", "admin", "--generate", "--home", home).stdout.strip()
        assert self.may_sign_in(home, new)
        assert not self.may_sign_in(home, made["admin"]["password"])

    @pytest.mark.usefixtures("made")
    def test_a_given_one_is_not_printed(self, home: Path) -> None:
        """A password from standard input works and is shown nowhere."""
        done = tallygate("password", "admin", "--home", home, given=b"correct horse battery\n")
        assert done.stdout == "the password of admin is set\n"
        assert self.may_sign_in(home, "correct horse battery")

    def test_on_a_full_disk(self, home: Path, made: dict[str, Any]) -> None:
        """A password that cannot be stored is told in one line, and the old one goes on working."""
        running = sqlite3.connect(home / "tallygate.db")  # as the console has it open
        running.execute("SELECT 1 FROM catalog_user").fetchone()
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
        try:
            done = tallygate("password", "admin", "--generate", "--home", home)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            running.close()
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("tallygate: the password cannot be set: ")
        assert done.stderr.count("\n") == 1
        assert self.may_sign_in(home, made["admin"]["password"])

    @pytest.mark.usefixtures("made")
    @pytest.mark.parametrize("weak", [b"", b"short\n", b"password1234\n"])
    def test_a_weak_one_is_refused(self, home: Path, weak: bytes) -> None:
        """A password that is short or known is refused with the reason."""
        done = tallygate("password", "admin", "--home", home, given=weak)
        assert done.returncode == 1
        assert done.stderr.startswith("tallygate: This password is too ")

    @pytest.mark.usefixtures("made")
    def test_an_unknown_user_is_told(self, home: Path) -> None:
        """There is no password for a user who is not there."""
        done = tallygate("password", "eve", "--generate", "--home", home)
        assert (done.returncode, done.stderr) == (1, "tallygate: there is no user 'eve'\n")


@pytest.mark.service
class TestVerify:
    """Comparing totals with raw entries."""

    @pytest.fixture
    def counted(self, home: Path) -> Path:
        """A home in which a few calls are counted."""
        made = bootstrap(home)
        usage = "&".join(f"transactions[{n}][usage][hits]={n + 1}" for n in range(5))
        keys = "&".join(
            f"transactions[{n}][user_key]={made['application']['user_key']}" for n in range(5)
        )
        with Serve(home) as running:
            running.wait_until_ready()
            url = f"http://127.0.0.1:{running.listener}/transactions.xml"
            body = f"provider_key={made['provider']['provider_key']}&{usage}&{keys}"
            with urllib.request.urlopen(url, body.encode()) as answer:
                assert answer.status == 202
            assert tallygate("verify", "--home", home).stdout == (
                "no differences: all totals are right\n"
            )
            running.stop()
        return home

    def test_differences_are_printed(self, counted: Path) -> None:
        """Without a running console verify looks itself; a planted difference is printed."""
        assert tallygate("verify", "--home", counted).returncode == 0
        script = (
            "from tallygate.history.engine import ChdbEngine\n"
            "from tallygate.history.schema import QUARTER, create_tables\n"
            "from tallygate.settings import load\n"
            "engine = ChdbEngine(load().history, create_tables)\n"
            "engine.execute(f'TRUNCATE TABLE {QUARTER.name}')\n"
            "engine.close()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment(home=str(counted)),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found = tallygate("verify", "--home", counted)
        assert found.returncode == 1
        assert "its parts say 15, the total says 0" in found.stdout
        assert found.stdout.rstrip().endswith("differences")


def test_json_is_one_object(home: Path) -> None:
    """bootstrap --json prints nothing but one JSON object."""
    done = tallygate("bootstrap", "--home", home, "--json")
    assert isinstance(json.loads(done.stdout), dict)
    assert done.stderr == ""
