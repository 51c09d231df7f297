"""System names: made from a human name, and checked."""

import re
import secrets
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.text import slugify

MAX_LENGTH = 255
_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-/]+")


def validate_system_name(value: str) -> None:
    """Two or more of letters, digits, '_', '-' and '/', beginning with one of the first three.

    Raises:
        ValidationError: It has another form.
    """
    if not _PATTERN.fullmatch(value):
        raise ValidationError(
            "must have two or more letters, digits, '_', '-' or '/',"
            " and begin with a letter, a digit or '_'",
            code="invalid",
        )


def from_human(name: str, fallback: str, taken: Callable[[str], bool]) -> str:
    """A system name for `name`, for which `taken` is false; `fallback`_<12 hex> when none can be made."""
    base = slugify(name).replace("-", "_")[: MAX_LENGTH - 20]
    if not _PATTERN.fullmatch(base):
        return f"{fallback}_{secrets.token_hex(6)}"
    candidate, number = base, 1
    while taken(candidate):
        number += 1
        candidate = f"{base}_{number}"
    return candidate
