"""What every room's tests may ask for. Helpers lie in `tests/support`."""

import sys
from pathlib import Path

import pytest

from tallygate.process import allow_many_open_files

allow_many_open_files()  # the tests hold many installations at once

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "home"
