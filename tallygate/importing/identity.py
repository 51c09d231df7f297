"""Ids by which a line counts once, however often its file is imported."""

from base64 import urlsafe_b64encode
from hashlib import blake2b

TEXTS_AT_MOST = 200_000
"""Texts of this many lines, at least, are remembered to tell the first occurrence from the second.

A line's text holds its time to the second, so equal lines stand close together; only in a file that
holds the same lines again far away is the second copy taken for the first.
"""

_ID_BYTES = 12


class Identities:
    """Numbers the occurrences of each text, in the order of the file."""

    def __init__(self, service_id: str) -> None:
        self._service_id = service_id
        self._recent: dict[bytes, int] = {}
        self._older: dict[bytes, int] = {}

    def next(self, application: str, text: str) -> str:
        """The id of the next occurrence of this text: the same each time the file is read.

        It depends on what came before in the file, not on what follows: so a file that has grown
        gives its old lines their old ids.
        """
        said = f"{self._service_id}\0{application}\0{text}".encode("utf-8", "surrogateescape")
        digest = blake2b(said, digest_size=16).digest()
        occurrence = self._recent.get(digest) or self._older.get(digest, 0)
        if len(self._recent) >= TEXTS_AT_MOST:
            self._older, self._recent = self._recent, {}
        self._recent[digest] = occurrence + 1
        name = blake2b(digest + occurrence.to_bytes(8, "big"), digest_size=_ID_BYTES).digest()
        return urlsafe_b64encode(name).decode()
