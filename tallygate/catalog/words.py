"""What a broken rule of a field is called: in the words of the Account Management API."""

from django.core.exceptions import ValidationError
from django.db import models

BLANK = "can't be blank"
TAKEN = "has already been taken"
INVALID = "is invalid"
NOT_A_NUMBER = "is not a number"

_BY_CODE = {
    "blank": BLANK,
    "null": BLANK,
    "unique": TAKEN,
    "max_length": "is too long (maximum is {limit_value} characters)",
    "min_length": "is too short (minimum is {limit_value} characters)",
    "min_value": "must be greater than or equal to {limit_value}",
    "max_value": "must be less than or equal to {limit_value}",
    "max_decimal_places": "maximum decimals is {max}.",
    "max_digits": "has too many digits (maximum is {max})",
    "max_whole_digits": "has too many digits before the point (maximum is {max})",
    "invalid_choice": INVALID,
}
_BY_FIELD: tuple[tuple[type[models.Field], str], ...] = (
    (models.IntegerField, NOT_A_NUMBER),
    (models.DecimalField, NOT_A_NUMBER),
    (models.DateTimeField, "must be a date and time, as 2026-01-31T12:00:00Z"),
    (models.EmailField, "must be an e-mail address"),
)


def reworded(field: models.Field, error: ValidationError) -> ValidationError:
    """The same error; what Django says in its own words is said in the protocol's."""
    return ValidationError(_message(field, error), code=error.code)


def _message(field: models.Field, error: ValidationError) -> str:
    if error.code in _BY_CODE:
        return _BY_CODE[error.code].format(**(error.params or {}))
    if error.code == "invalid":
        own = next((said for kind, said in _BY_FIELD if isinstance(field, kind)), None)
        if own is not None:
            return own
    return next(iter(error.messages))
