"""Numbers, times and durations as people read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would run."""


def count(value: int) -> str:
    """A whole number with its thousands separated: 12345 -> '12,345'."""
    return f"{value:,}".replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """Percent with the digits that matter: 16.666 -> '16.7%', 250.3 -> '250%'."""
    size = abs(share)
    digits = 0 if size >= 100 or size == round(size) else 1
    return f"{size:,.{digits}f}%"


def counted(number: int, noun: str, plural: str = "") -> str:
    """'1 product', '2 products'; `plural` where an `s` is not enough."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {plural or f'{noun}s'}"


def listed(names: Sequence[str], in_all: int) -> str:
    """'A, B and C'; 'A, B and 7 more' where there are more than are named."""
    more = in_all - len(names)
    parts = [*names, f"{count(more)} more"] if more > 0 else list(names)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def plural(unit: str) -> str:
    """A unit as it stands beside most numbers: 'hit' -> 'hits'; what is no plain word stays: 'MB'."""
    is_word = unit.isascii() and unit.isalpha() and unit.islower() and not unit.endswith("s")
    return f"{unit}s" if is_word and len(unit) > 2 else unit


def duration(seconds: int) -> str:
    """A wait, rounded up so that it is never too short: 61 -> '2 minutes'."""
    if seconds <= 60:
        return counted(max(seconds, 1), "second")
    if seconds <= 3600:
        return counted(-(-seconds // 60), "minute")
    return counted(-(-seconds // 3600), "hour")


def day(moment: datetime) -> str:
    """'17 May 2015'."""
    return f"{moment.day} {moment:%b %Y}"


def instant(moment: datetime) -> str:
    """'17 May 2015, 10:05'."""
    return f"{day(moment)}, {moment:%H:%M}"


def zone_name(moment: datetime, zone: str) -> str:
    """A zone with its distance from UTC at that moment: '(GMT+01:00) Europe/Madrid'."""
    offset = moment.strftime("%z") or "+0000"
    return f"(GMT{offset[:3]}:{offset[3:5]}) {zone}"


def decimal(value: float) -> str:
    """A number that may be a part of one, with the digits that matter: 1234.5 -> '1,234', 2.25 -> '2.3'."""
    if abs(value) >= 100 or value == int(value):
        return count(round(value))
    return f"{value:,.1f}".replace("-", "\N{MINUS SIGN}")


def for_spreadsheets(text: str) -> str:
    """The text as a spreadsheet takes it for one: others choose it, and it may be a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
