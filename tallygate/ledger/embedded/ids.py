"""Idempotency ids: which entry ids were seen lately, and with what content.

New ids live in memory until the next checkpoint writes them to `state.db`; looking one up asks both. So memory is bounded by what
comes in between two checkpoints (about 250 bytes each), and the disk by the window (about 45 bytes each).
"""

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from tallygate.ledger.embedded import state
from tallygate.ledger.embedded.state import IdRow


class Seen(NamedTuple):
    """What is kept of an id.

    Attributes:
        content: A digest of the entry's content.
        expires_s: When it may be forgotten, UTC seconds; 0 = never.
        owner: A digest of whose it is; '' of ids that an earlier version has seen.
    """

    content: bytes
    expires_s: int
    owner: bytes


class SeenIds:
    """The window of ids."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` reads the table `ids` of `state.db`; it is used by one thread only."""
        self._connection = connection
        self._recent: dict[bytes, Seen] = {}
        self._leaving: dict[bytes, Seen] = {}
        self.void: dict[bytes, int] = {}
        """Owners whose rows in `state.db` are void, until the next checkpoint removes them: by which place in the log."""

    def find(self, key: bytes, now_s: int) -> Seen | None:
        """What is known of an id that has not expired."""
        seen = self._recent.get(key) or self._leaving.get(key)
        if seen is None:
            row = self._connection.execute(
                "SELECT content, expires_s, owner FROM ids WHERE key = ?", (key,)
            ).fetchone()
            seen = Seen(*row) if row and row[2] not in self.void else None
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

    def forget_owner(self, owner: bytes, position: int) -> None:
        """None of an application's was ever seen, says the log at this position."""
        self._recent = {key: seen for key, seen in self._recent.items() if seen.owner != owner}
        self._leaving = {key: seen for key, seen in self._leaving.items() if seen.owner != owner}
        self.void[owner] = position

    def removed(self, void: Mapping[bytes, int]) -> None:
        """These void rows are gone."""
        for owner, position in void.items():
            if self.void.get(owner) == position:
                del self.void[owner]

    def count_of(self, owner: bytes) -> int:
        """How many of an application's are known."""
        held = (*self._recent.values(), *self._leaving.values())
        count = sum(1 for seen in held if seen.owner == owner)
        return count if owner in self.void else count + state.count_ids(self._connection, owner)

    def clear(self) -> None:
        """None is in memory."""
        self._recent.clear()
        self._leaving.clear()
        self.void.clear()

    def begin_checkpoint(self) -> list[IdRow]:
        """Rows to write. They are still found here until `end_checkpoint`."""
        self._leaving, self._recent = self._recent, {}
        return [(key, *seen) for key, seen in self._leaving.items()]

    def end_checkpoint(self, written: bool) -> None:
        """The rows are in `state.db`, or are to be written the next time."""
        if not written:
            self._leaving.update(self._recent)
            self._recent = self._leaving
        self._leaving = {}
