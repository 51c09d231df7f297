"""Imports between the rooms go one way."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_no_room_imports_what_it_must_not() -> None:
    """The arrows of the architecture, as `.importlinter` holds them, are kept."""
    script = (
        "import sys; from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
