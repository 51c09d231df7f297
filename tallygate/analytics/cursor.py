"""Where the next page begins: a text that comes with one page and is given back for the next.

It also holds when the first page was asked for, so that all pages are of one window though time goes on. It is no secret and
no permission: whoever changes one gets another part of what they may see anyway.
"""

import base64
import binascii
from hashlib import sha256
from typing import Annotated, Generic, TypeVar

import msgspec

from tallygate.domain.errors import QuestionError

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=2**36)]
T = TypeVar("T")

_LONGEST = 4_000


class Cursor(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """
    Attributes:
        question: What stands for the question that it belongs to.
        now_s: When the first page was asked for.
        after: The last that was shown.
    """

    question: str
    now_s: Instant
    after: T

    def text(self) -> str:
        """As it is given to whoever asks."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def question_of(fingerprint: str) -> str:
    """What stands for a question in its cursors."""
    return sha256(fingerprint.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read(text: str, after: type[T], question: str) -> Cursor[T]:
    """The cursor that a text is.

    Raises:
        QuestionError: It is none, or one of another question.
    """
    wrong = QuestionError("This is no cursor of this question; leave it out for the first page")
    if len(text) > _LONGEST or not text.isascii():
        raise wrong
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found: Cursor[T] = msgspec.json.decode(raw, type=Cursor[after])  # type: ignore[valid-type]
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        raise wrong from None
    if found.question != question:
        raise wrong
    return found
