"""`state.db`: the counters and ids as of the last checkpoint."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS counters (
  service TEXT NOT NULL, application TEXT NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (service, application)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ids (
  key BLOB NOT NULL PRIMARY KEY, content BLOB NOT NULL, expires_s INTEGER NOT NULL,
  owner BLOB NOT NULL DEFAULT x''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ids_expiry ON ids (expires_s) WHERE expires_s > 0;
CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL);
"""


_EXPIRED_AT_ONCE: Final = 20_000

IdRow = tuple[bytes, bytes, int, bytes]
"""An id's key, content, expiry and owner."""

Forgotten = Mapping[tuple[str, str], int]
"""Up to which position of the log all is void of an application, or of a service: (service, application or '')."""


class CounterRow(NamedTuple):
    """An application's counters, and the log position up to which they count."""

    service: str
    application: str
    position: int
    data: bytes


def connect(path: Path) -> sqlite3.Connection:
    """Opens `state.db`, made if it is missing.

    A commit survives the death of the process; a power cut may take the last ones back, to an earlier checkpoint. So the log
    must keep what came after the last `make_durable`. Syncing every checkpoint would hold up the log's own syncs.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint = 2048")
    connection.execute(
        "PRAGMA secure_delete = ON"
    )  # what is deleted is not to be found in the file
    connection.executescript(_SCHEMA)
    _add_owners(connection)
    return connection


def _add_owners(connection: sqlite3.Connection) -> None:
    """A table that the first versions have made does not say whose the ids are."""
    columns = connection.execute("SELECT name FROM pragma_table_info('ids')")
    if "owner" not in {name for (name,) in columns}:
        connection.execute("ALTER TABLE ids ADD COLUMN owner BLOB NOT NULL DEFAULT x''")


def checkpoint_position(connection: sqlite3.Connection) -> int:
    """From where the log has to be replayed."""
    row = connection.execute("SELECT position FROM checkpoint").fetchone()
    return int(row[0]) if row else 0


def find_counters(
    connection: sqlite3.Connection, service: str, application: str
) -> CounterRow | None:
    """An application's row."""
    row = connection.execute(
        "SELECT service, application, position, data FROM counters"
        " WHERE service = ? AND application = ?",
        (service, application),
    ).fetchone()
    return CounterRow(*row) if row else None


def write_rows(
    connection: sqlite3.Connection,
    counters: Sequence[CounterRow],
    ids: Sequence[IdRow],
) -> None:
    """Writes a part of a checkpoint in one transaction: each row holds by itself, up to its own position.

    Raises:
        sqlite3.Error: Nothing was written (the disk is full).
    """
    with _transaction(connection):
        connection.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?)", counters)
        connection.executemany("INSERT OR REPLACE INTO ids VALUES (?, ?, ?, ?)", ids)


def finish_checkpoint(
    connection: sqlite3.Connection, position: int, forgotten: Forgotten, now_s: int
) -> None:
    """With all its rows written, the checkpoint holds: the log need not be replayed before `position`.

    Args:
        forgotten: Whose rows are void, and up to which position.
        now_s: Ids that expired before go, a part of them at a time.

    Raises:
        sqlite3.Error: Nothing was written (the disk is full).
    """
    with _transaction(connection):
        for (service, application), until in forgotten.items():
            of_one, names = (" AND application = ?", (application,)) if application else ("", ())
            connection.execute(
                f"DELETE FROM counters WHERE service = ? AND position <= ?{of_one}",
                (service, until, *names),
            )
        connection.execute(
            "DELETE FROM ids WHERE key IN"
            " (SELECT key FROM ids WHERE expires_s > 0 AND expires_s <= ? LIMIT ?)",
            (now_s, _EXPIRED_AT_ONCE),
        )
        connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (1, ?)", (position,))


def forget_ids(connection: sqlite3.Connection, owners: Collection[bytes]) -> None:
    """Removes the ids of some applications.

    Raises:
        sqlite3.Error: They are still there.
    """
    with _transaction(connection):
        for owner in owners:
            connection.execute("DELETE FROM ids WHERE owner = ?", (owner,))


def count_ids(connection: sqlite3.Connection, owner: bytes) -> int:
    """How many ids an application has. Raises sqlite3.Error."""
    (found,) = connection.execute("SELECT count(*) FROM ids WHERE owner = ?", (owner,)).fetchone()
    return int(found)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def scrub(connection: sqlite3.Connection) -> None:
    """Empties the write-ahead log, which holds what rows were before, if nobody is reading it now. Raises sqlite3.Error."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def make_durable(connection: sqlite3.Connection) -> None:
    """Syncs all checkpoints written so far to disk.

    Raises:
        sqlite3.Error: They may not be durable.
    """
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
    if busy:
        raise sqlite3.OperationalError("the state is being read; it could not be synced")
