"""What became of the items of a POST /usage, and how the answer tells it."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from tallygate.domain.errors import IdConflict, ProtocolError, Unavailable
from tallygate.listener.usage_items import Form, Raw

_MAX_MESSAGE: Final = 300
_encoder: Final = msgspec.json.Encoder()


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item: accepted, duplicate, conflict or error; the last two have code and message."""

    status: str
    code: str = ""
    message: str = ""


ACCEPTED: Final = Result("accepted")
DUPLICATE: Final = Result("duplicate")


class Results(msgspec.Struct, frozen=True):
    """What became of the items of an array."""

    accepted: int
    duplicate: int
    conflict: int
    error: int
    results: list[Result]


class Mistake(NamedTuple):
    """An item that was not counted, by its place in its part, and why."""

    place: int
    raw: Raw
    error: ProtocolError


class Counted:
    """What became of a part of the items.

    Attributes:
        results: In order.
        mistakes: The first of each code.
    """

    def __init__(self, size: int) -> None:
        self.results = [ACCEPTED] * size
        self.mistakes: dict[str, Mistake] = {}
        self._wrong = 0

    def wrong(self, place: int, raw: Raw, error: ProtocolError) -> None:
        """The item was not counted."""
        self.results[place] = result_of(error)
        self._wrong += 1
        if error.code not in self.mistakes:
            error.__traceback__ = (
                None  # it would keep all that was at hand when the error was raised
            )
            self.mistakes[error.code] = Mistake(place, raw, error)

    def not_durable(self, error: Unavailable) -> None:
        """What seemed to be counted was taken back."""
        for place, result in enumerate(self.results):
            if result is ACCEPTED or result is DUPLICATE:
                self.wrong(place, b"", error)

    @property
    def any_counted(self) -> bool:
        return self._wrong < len(self.results)


def result_of(error: ProtocolError) -> Result:
    """The result of an item, or the answer to a request, that failed."""
    status = "conflict" if isinstance(error, IdConflict) else "error"
    return Result(status, error.code, error.message[:_MAX_MESSAGE])


def http_status(counted: Sequence[Counted]) -> int:
    """200: all items are counted; 207: some are; else why the first one is not. 503: some may be sent again as they are."""
    if any(Unavailable.code in part.mistakes for part in counted):
        return Unavailable.status
    failed = next((part for part in counted if part.mistakes), None)
    if failed is None:
        return 200
    if any(part.any_counted for part in counted):
        return 207
    return min(failed.mistakes.values()).error.status


async def body(form: Form, counted: Sequence[Counted]) -> bytes:
    """The answer's body; of many lines, others have their turn in between."""
    if form == "lines":
        written = []
        for part in counted:
            written.append(_encoder.encode_lines(part.results))
            await asyncio.sleep(0)
        return b"".join(written)
    results = [result for part in counted for result in part.results]
    if form == "one":
        return _encoder.encode(results[0])
    found = [result.status for result in results]
    return _encoder.encode(
        Results(
            found.count("accepted"),
            found.count("duplicate"),
            found.count("conflict"),
            found.count("error"),
            results,
        )
    )


def one(error: ProtocolError) -> bytes:
    """The body of the answer to a request that is wrong as a whole."""
    return _encoder.encode(result_of(error))
