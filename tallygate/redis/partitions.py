"""Partitions: what belongs together lies in one slot of a cluster.

All keys of a partition carry its number as their hash tag, `tallygate:{17}:...`. A service, with its registry entries, counters,
ids and its place in the log, lies in one partition; so does what is kept by provider key.
"""

from typing import Final
from zlib import crc32

DEFAULT_PARTITIONS: Final = 64


class Partitions:
    """Which partition something lies in. Their number is a property of the installation and never changes."""

    def __init__(self, count: int = DEFAULT_PARTITIONS) -> None:
        self.count = count
        self._prefixes = [b"tallygate:{%d}:" % number for number in range(count)]
        self._known: dict[str, int] = {}

    def of(self, name: str) -> int:
        """The partition of a service's id, or of a provider key."""
        found = self._known.get(name)
        if found is None:
            if len(self._known) > 10_000:
                self._known.clear()
            found = self._known[name] = crc32(name.encode()) % self.count
        return found

    def key(self, partition: int, *parts: str) -> bytes:
        """A key of the partition; parts are told apart although they may hold anything."""
        return self._prefixes[partition] + b":".join(_part(part) for part in parts)


def _part(text: str) -> bytes:
    """Without the separator and without braces, which could make another hash tag."""
    if ":" in text or "%" in text or "{" in text:
        text = text.replace("%", "%25").replace(":", "%3A").replace("{", "%7B")
    return text.encode()
