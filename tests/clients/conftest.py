"""Real clients against a real installation."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.installation import Installation


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Listener and console with a first provider."""
    with Installation(tmp_path_factory.mktemp("clients") / "home") as installation:
        yield installation
