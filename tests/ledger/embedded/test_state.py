"""What `state.db` says when it cannot be written."""

import resource
import sqlite3
from pathlib import Path

import pytest

from tallygate.ledger.embedded import state


def test_a_checkpoint_on_a_full_disk_names_the_disk(tmp_path: Path) -> None:
    """The reason is what went wrong and not what followed from it; the next checkpoint can be written."""
    connection = state.connect(tmp_path / "state.db")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        with pytest.raises(sqlite3.Error, match="disk"):
            state.finish_checkpoint(connection, 7, {}, 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert state.checkpoint_position(connection) == 0
    state.finish_checkpoint(connection, 8, {}, 0)
    assert state.checkpoint_position(connection) == 8
    connection.close()
