"""Lengths of time as people type and read them: '36 hours', '400 days'."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tallygate.console.wording import counted

NO_SPAN = "must be a number with its unit, as 90 minutes or 400 days"
TOO_LONG = "is too long"

_UNITS_S = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
_SPAN = re.compile(r"(\d{1,12})\s*(day|hour|minute|second|min|d|h|s)s?", re.ASCII | re.IGNORECASE)


def span(seconds: int) -> str:
    """In the greatest unit in which it is whole: 86400 -> '1 day', 5400 -> '90 minutes'."""
    unit = next(unit for unit, size in _UNITS_S.items() if seconds % size == 0)
    return counted(seconds // _UNITS_S[unit], unit) if seconds else "0 seconds"


def read(text: str) -> int | None:
    """Its seconds; None for what is no length of time. Without a unit nobody knows what is meant."""
    found = _SPAN.fullmatch(text.replace(",", "").strip())
    if found is None:
        return None
    number, short = found[1], found[2].lower()
    return int(number) * next(size for unit, size in _UNITS_S.items() if unit.startswith(short))


class SpanField(forms.CharField):
    """Seconds in the record, words in the form; blank is None."""

    def __init__(self, *, longest_s: int, **options: Any) -> None:
        super().__init__(required=False, **options)
        self._longest_s = longest_s

    def prepare_value(self, value: Any) -> Any:
        return span(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        """Raises ValidationError for what is no length of time, and for one that is too long."""
        text = super().to_python(value)
        if not text:
            return None
        seconds = read(text)
        if seconds is None:
            raise ValidationError(NO_SPAN)
        if seconds > self._longest_s:
            raise ValidationError(TOO_LONG)
        return seconds
