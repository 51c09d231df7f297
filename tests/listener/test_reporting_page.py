"""The examples of `docs/reporting.md` do what the page says."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.running_listener import RunningListener

pytestmark = pytest.mark.service

PAGE = Path(__file__).parents[2] / "docs" / "reporting.md"


def test_every_example_answers_what_stands_below_it(
    listener: RunningListener, tmp_path: Path
) -> None:
    """Copied and pasted into a shell, in order."""
    app = listener.application("1")
    environment = {
        **os.environ,
        "LISTENER": f"http://127.0.0.1:{listener.port}",
        "SERVICE_ID": app.service,
        "SERVICE_TOKEN": "token1",
        "USER_KEY": app.user_key,
    }
    text = PAGE.read_text("utf-8")
    examples = re.findall(r"```sh\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(examples) == text.count("```sh") == 6
    for script, expected in examples:
        done = subprocess.run(
            ["bash", "-euc", script],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert (done.returncode, done.stdout.rstrip("\n")) == (0, expected.rstrip("\n")), script
    assert listener.counted(app) == 1 + 1 + 4 + 1 + 2 + 1
