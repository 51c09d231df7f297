"""The history's fixtures."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.history_data import MemoryLog, open_history

from tallygate.history import History


@pytest.fixture
def log() -> MemoryLog:
    """An empty log."""
    return MemoryLog()


@pytest.fixture
def history(home: Path, log: MemoryLog) -> Iterator[History]:
    """An empty history that follows `log`."""
    with open_history(home, log) as opened:
        yield opened
