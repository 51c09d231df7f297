"""Idempotency ids: which entry ids were seen lately, and with what content.

New ids live in memory until the next checkpoint writes them to `state.db`; looking one up asks both. So memory is bounded by what
comes in between two checkpoints (about 250 bytes each), and the disk by the window (about 45 bytes each).
"""

import sqlite3
from typing import NamedTuple


class Seen(NamedTuple):
    """What is kept of an id: a digest of the entry's content, and when it may be forgotten (UTC seconds, 0 = never)."""

    content: bytes
    expires_s: int


class SeenIds:
    """The window of ids."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` reads the table `ids` of `state.db`; it is used by one thread only."""
        self._connection = connection
        self._recent: dict[bytes, Seen] = {}
        self._leaving: dict[bytes, Seen] = {}

    def find(self, key: bytes, now_s: int) -> Seen | None:
        """What is known of an id that has not expired."""
        seen = self._recent.get(key) or self._leaving.get(key)
        if seen is None:
            row = self._connection.execute(
                "SELECT content, expires_s FROM ids WHERE key = ?", (key,)
            ).fetchone()
            seen = Seen(*row) if row else None
        if seen is not None and 0 < seen.expires_s <= now_s:
            return None
        return seen

    def remember(self, key: bytes, seen: Seen) -> None:
        self._recent[key] = seen

    def forget(self, key: bytes) -> None:
        """Takes back a `remember` whose entry could not be made durable."""
        self._recent.pop(key, None)
        # A checkpoint may have begun, found that the log cannot be written, and is about to give its ids back.
        self._leaving.pop(key, None)

    def clear(self) -> None:
        """None is in memory."""
        self._recent.clear()
        self._leaving.clear()

    def begin_checkpoint(self) -> list[tuple[bytes, bytes, int]]:
        """Rows to write: (key, content, expires_s). They are still found here until `end_checkpoint`."""
        self._leaving, self._recent = self._recent, {}
        return [(key, seen.content, seen.expires_s) for key, seen in self._leaving.items()]

    def end_checkpoint(self, written: bool) -> None:
        """The rows are in `state.db`, or are to be written the next time."""
        if not written:
            self._leaving.update(self._recent)
            self._recent = self._leaving
        self._leaving = {}
