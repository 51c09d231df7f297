"""Where lines come from: a plain file, a gzipped one, or standard input. Nothing is held in memory."""

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from typing import NamedTuple, Self

from tallygate.domain.errors import InputError

LINE_AT_MOST_BYTES = 65_536
STANDARD_INPUT = "-"
_GZIP = b"\x1f\x8b"


class Line(NamedTuple):
    """Attributes:
    number: From 1.
    text: Without its end. Bytes that are not UTF-8 stand as lone surrogates.
    whole: Whether all of it is here; False where it was longer than LINE_AT_MOST_BYTES.
    """

    number: int
    text: str
    whole: bool


class DamagedSource(InputError):
    """The input cannot be read on; the lines before it were whole."""


class Source:
    """An open log file. Use it in a `with`."""

    def __init__(self, name: str) -> None:
        """Opens the file `name`; '-' is standard input. What begins like gzip is unpacked.

        Raises:
            InputError: It cannot be opened.
        """
        given = name == STANDARD_INPUT
        try:
            self._file = open(0 if given else name, "rb", closefd=not given)  # noqa: SIM115 (close)
            packed = self._file.peek(2)[:2] == _GZIP
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"{name} cannot be read: {reason}") from None
        self._name = "standard input" if given else name
        self._lines = gzip.GzipFile(fileobj=self._file) if packed else self._file
        found = os.stat(self._file.fileno())
        # A pipe (`<(zcat ...)`) has neither a size nor a place.
        self.size_bytes = None if given or not stat.S_ISREG(found.st_mode) else found.st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def position_bytes(self) -> int:
        """How much of `size_bytes` was read so far."""
        return self._file.tell()

    def __iter__(self) -> Iterator[Line]:
        """The lines.

        Raises:
            DamagedSource: The file is damaged or can no longer be read.
        """
        number = 0
        while True:
            try:
                line = self._lines.readline(LINE_AT_MOST_BYTES)
                whole = line.endswith(b"\n") or len(line) < LINE_AT_MOST_BYTES or self._skip()
            except (OSError, EOFError, zlib.error) as error:
                raise DamagedSource(
                    f"{self._name} is damaged after line {number}: {error}"
                ) from None
            if not line:
                return
            number += 1
            yield Line(number, line.rstrip(b"\r\n").decode("utf-8", "surrogateescape"), whole)

    def _skip(self) -> bool:
        """Leaves out the rest of a line that is too long; whether there was no rest."""
        nothing = True
        while True:
            rest = self._lines.readline(LINE_AT_MOST_BYTES)
            nothing = nothing and rest in (b"", b"\n", b"\r\n")
            if not rest or rest.endswith(b"\n"):
                return nothing
