"""`tallygate serve --demo` shows a newcomer a living installation."""

import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest
from support.command_line import Serve, bootstrap, wait_until

from tallygate.demo import sample, stage
from tallygate.settings import Settings

pytestmark = pytest.mark.service


def get(url: str) -> bytes:
    with urlopen(url) as answer:
        return bytes(answer.read())


def urls(running: Serve) -> list[str]:
    """The addresses of the two curls: the one that counts, and the one that reads."""
    wait_until(lambda: "Read it back" in running.printed, "no welcome")
    return re.findall(r"curl (?:-i )?'([^']+)'", running.printed)


def total(read: str, **changed: str) -> int:
    """What the second curl says, with other parameters."""
    url = re.sub(
        r"&period=day", "".join(f"&{name}={value}" for name, value in changed.items()), read
    )
    return int(json.loads(get(url))["total"])


def made_before(home: Path, read: str) -> int:
    """The sum over the days before the one on which the demo began."""
    begun = stage.read(Settings(home=home))
    assert begun is not None
    days = begun.sample_end_s // 86_400
    first = days - sample.DAYS - 1
    return total(read, since=_date(first), until=_date(days - 1), granularity="day")


def expected_before(home: Path) -> int:
    """What the sample holds for these days, whoever calls."""
    begun = stage.read(Settings(home=home))
    assert begun is not None
    today_ms = begun.sample_end_s // 86_400 * 86_400_000
    reports = sample.reports(begun.sample_end_s, ["a", "b", "c", "d"])
    return sum(sum(each.usage.values()) for each in reports if each.time_ms < today_ms)


def test_a_newcomer_is_told_all_they_need(home: Path) -> None:
    """Password, a call that counts and one that reads it back work as printed; live traffic comes in; no warning."""
    with Serve(home, "--demo") as running:
        counts, reads = urls(running)
        assert re.search(
            r"^  User name     admin\n  Password      \S{12,}   \(shown", running.printed, re.M
        )
        assert "level=warning" not in running.printed
        nora = re.search(
            r"developers at (\S+)\n  User name     nora\n  Password      (\S{12,})", running.printed
        )
        assert nora is not None
        assert signs_in(*nora.groups())
        assert made_before(home, reads) == expected_before(home)
        before = json.loads(get(reads))["total"]
        assert b"<authorized>true</authorized>" in get(counts)
        wait_until(lambda: json.loads(get(reads))["total"] >= before + 2, "no live traffic")
        assert running.stop()[0] == 0
    with Serve(home, "--demo") as again:
        counts_again, reads_again = urls(again)
        assert sets_a_password_that_works(again)
        assert "Making a sample" not in again.printed
        assert _path(counts_again) == _path(counts)
        assert made_before(home, reads_again) == expected_before(home)


def test_a_first_start_that_is_killed_is_gone_on_with(home: Path) -> None:
    """Killed while the sample is being counted, the next start counts the rest, and nothing twice."""
    with Serve(home, "--demo") as killed:
        wait_until(lambda: (home / "demo.json").exists(), "the demo does not begin")
        wait_until(lambda: _segment_bytes(home) > 100_000, "no sample is counted")
        killed.process.kill()
    begun = stage.read(Settings(home=home))
    assert begun is not None
    assert not begun.sampled
    with Serve(home, "--demo") as again:
        _, reads = urls(again)
        assert made_before(home, reads) == expected_before(home)


def test_a_provider_of_yours_is_left_alone(home: Path) -> None:
    """On a folder with a provider that is not the demo's, nothing is added, and the rest runs."""
    bootstrap(home)
    with Serve(home, "--demo") as running:
        wait_until(lambda: "the demo stays out of it" in running.printed, "it is not told")
        assert running.healthy()
        assert not (home / "demo.json").exists()
        assert "is started again" not in running.printed


def signs_in(portal: str, password: str) -> bool:
    """Whether the developer sees an application in the Developer Portal."""
    browser = build_opener(HTTPCookieProcessor())
    page = browser.open(f"{portal}/sign-in").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    fields = {"csrfmiddlewaretoken": token[1], "username": "nora", "password": password}
    answer = browser.open(f"{portal}/sign-in", urlencode(fields).encode())
    return b"Web shop" in answer.read()


def sets_a_password_that_works(running: Serve) -> bool:
    """Whether the command that is printed makes a password for this home, run as it stands."""
    found = re.search(r"To make a new one:\n  (.+)\n", running.printed)
    assert found is not None, running.printed
    done = subprocess.run(
        [sys.executable, "-m", "tallygate.cli", *shlex.split(found[1])[1:]],
        capture_output=True,
        text=True,
    )
    return done.returncode == 0 and len(done.stdout.strip()) >= 12


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _segment_bytes(home: Path) -> int:
    return sum(file.stat().st_size for file in (home / "ledger" / "log").glob("*.seg"))


def _date(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(days * 86_400))
