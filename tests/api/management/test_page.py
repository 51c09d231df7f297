"""`docs/management.md` says what the code does."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support import management_page
from support.installation import Installation

PAGE = Path(__file__).parents[3] / "docs" / "management.md"


def test_every_path_is_documented_with_its_methods_and_permissions() -> None:
    assert management_page.paths() in PAGE.read_text("utf-8")


def test_every_ability_is_documented_with_who_has_it() -> None:
    assert management_page.abilities() in PAGE.read_text("utf-8")


@pytest.mark.service
def test_every_example_answers_what_stands_below_it(home: Path) -> None:
    """Copied and pasted into a shell, in order, on a new installation."""
    text = PAGE.read_text("utf-8")
    examples = re.findall(r"```sh\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(examples) == text.count("```sh") == 6
    with Installation(home) as running:
        environment = {
            **os.environ,
            "CONSOLE": f"http://127.0.0.1:{running.console.port}",
            "TOKEN": running.ids["access_token"],
        }
        for script, expected in examples:
            done = subprocess.run(
                ["bash", "-euc", script],
                env=environment,
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert done.returncode == 0, done.stderr
            assert expected.strip() in done.stdout, script
