"""What one console process has once. In processes of their own: stopping is for good."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.console_process import ROOT

pytestmark = pytest.mark.service


def run(home: Path, program: str) -> str:
    """What `program` prints, with Django set up on `home`."""
    ended = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "import django\ndjango.setup()\n" + textwrap.dedent(program),
        ],
        env={
            **os.environ,
            "TALLYGATE_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "tallygate.web.settings",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_threads_that_ask_at_once_get_the_same_history(home: Path) -> None:
    program = """
        from concurrent.futures import ThreadPoolExecutor
        from tallygate.web import runtime
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(runtime.history) for _ in range(32)]
        print(len({id(one.result()) for one in asked}))
    """
    assert run(home, program) == "1"


def test_once_it_stops_nothing_is_opened_again(home: Path) -> None:
    program = """
        from tallygate.domain.errors import HistoryUnavailable
        from tallygate.web import runtime
        runtime.history()
        runtime.close()
        runtime.close()
        try:
            runtime.history()
        except HistoryUnavailable as error:
            print(error)
    """
    assert run(home, program) == "the console is stopping"


def test_loading_the_site_does_not_load_the_analytics_engine(home: Path) -> None:
    program = """
        import sys
        from django.urls import get_resolver
        from tallygate.web import wsgi
        assert wsgi.application and get_resolver().url_patterns
        heavy = {"chdb", "numpy", "pandas", "granian", "uvloop", "typer"} & set(sys.modules)
        print(sorted(heavy))
    """
    assert run(home, program) == "[]"


def test_the_site_without_the_engine_takes_less_than_70_mb(home: Path) -> None:
    program = """
        from pathlib import Path
        from django.urls import get_resolver
        from tallygate.web import wsgi
        assert wsgi.application and get_resolver().url_patterns
        (line,) = [l for l in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in l]
        print(int(line.split()[1]) // 1024)
    """
    assert int(run(home, program)) < 70
