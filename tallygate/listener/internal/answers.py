"""What the Internal API answers: a status and a JSON object."""

import time
from typing import Any, Final, NamedTuple

from tallygate.domain.errors import TallygateError


class Answer(NamedTuple):
    """`body` is a JSON object; the order of its keys is part of the protocol."""

    status: int
    body: dict[str, Any]


class Refused(TallygateError):
    """A call that is answered with an error and changes nothing.

    Attributes:
        message: The answer's `error`.
        word: The answer's `status`; None where the protocol has the error alone.
    """

    def __init__(self, status: int, message: str, word: str | None = "error") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.word = word

    @property
    def answer(self) -> Answer:
        told = {} if self.word is None else {"status": self.word}
        return Answer(self.status, {**told, "error": self.message})


DELETED: Final = Answer(200, {"status": "deleted"})


def utc_text(at_s: int) -> str:
    """UTC seconds as the protocol writes them: `2024-02-29 12:00:00 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at_s))


def not_found(message: str) -> Refused:
    return Refused(404, message, "not_found")


def missing(name: str) -> Refused:
    return Refused(400, f"missing parameter '{name}'")


def invalid(name: str) -> Refused:
    return Refused(400, f"invalid parameter '{name}'")
