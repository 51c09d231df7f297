"""Ids by which a caller may safely repeat what it sent: in a header, a transaction, or an item of usage."""

from typing import Final

from tallygate.domain.errors import BadRequest

MAX_CHARACTERS: Final = 512


def checked_id(text: str, where: str) -> str:
    """The id as it is.

    Args:
        where: What it was given as, for the message.

    Raises:
        BadRequest: It is blank or too long: then a repetition could not be told, and the caller relies on that.
    """
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise BadRequest(f"{where} must have 1 to {MAX_CHARACTERS} characters")
    return text


def header_id(value: str) -> str:
    """The id in a header `Idempotency-Key`, which may stand in double quotes.

    Raises:
        BadRequest: It is blank or too long.
    """
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return checked_id(value, "Idempotency-Key")
