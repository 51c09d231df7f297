"""Runs the clients' tests, unmodified, against a real installation."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients import recorder
from support.installation import Installation

HERE = Path(__file__).parent
SUITE = "tests.integration"
"""The package of tests that 3scale-api brings along."""


@dataclass(frozen=True)
class Run:
    """What came of it.

    Attributes:
        results: Test -> outcome.
        calls: What the clients asked, as `recorder` notes it.
        output: What pytest printed.
    """

    results: dict[str, str]
    calls: list[dict[str, Any]]
    output: str

    def passed(self) -> set[str]:
        return {name for name, outcome in self.results.items() if outcome == "passed"}


def run(running: Installation, folder: Path, *tests: str, left_out: Sequence[str] = ()) -> Run:
    """Runs tests in a process of their own, from an empty folder, as a user of the client would.

    Args:
        left_out: Tests of `SUITE` that are not run.
    """
    recorded, empty = folder / "recorded.json", folder / "empty"
    empty.mkdir()
    console = f"http://127.0.0.1:{running.console.port}"
    product, application = running.ids["product"], running.ids["application"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE),
        recorder.FILE: str(recorded),
        recorder.LEFT_OUT: json.dumps(left_out),
        "THREESCALE_PROVIDER_URL": console,
        "THREESCALE_PROVIDER_TOKEN": running.ids["access_token"],
        "TEST_API_BACKEND": running.api_url,
        "LISTENER_URL": f"http://127.0.0.1:{running.listener.port}",
        "SERVICE_ID": str(product["id"]),
        "SERVICE_TOKEN": product["service_token"],
        "PROVIDER_KEY": running.ids["provider"]["provider_key"],
        "USER_KEY": application["user_key"],
    }
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "recorder", "-p", "no:cacheprovider",
            "--rootdir", str(empty), "--pyargs", *tests,
        ],
        cwd=empty, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert recorded.exists(), done.stdout + done.stderr
    noted = json.loads(recorded.read_text())
    return Run(noted["results"], noted["calls"], done.stdout)
