"""Timestamps of reported transactions.

First an integer (UNIX seconds; a sign, underscores and the prefixes 0x, 0b and 0o are legal), then a date with optional time and zone;
without a zone it is UTC. What cannot be read means now, as the protocol has it.
"""

import datetime
import re
from typing import Final

_INTEGER: Final = re.compile(
    r"[+-]?(0[xX][0-9a-fA-F]+(_[0-9a-fA-F]+)*|0[bB][01]+(_[01]+)*|0[oO]?[0-7]+(_[0-7]+)*|[0-9]+(_[0-9]+)*)"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1,
    )
}
_ZONES_H: Final = {
    "utc": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9,
}  # fmt: skip
_DATE: Final = (
    re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?=[T ])"),
    re.compile(r"(?P<name>[A-Za-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})"),
    re.compile(r"(?P<day>\d{1,2})\s+(?P<name>[A-Za-z]{3})[a-z]*\.?\s+(?P<year>\d{4})"),
)
_WEEKDAY: Final = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)
_TIME: Final = re.compile(
    r"[T\s]+(?P<hour>\d{2}|\d(?=:))(:?(?P<minute>\d{2})(:?(?P<second>\d{2})([.,]\d+)?)?)?"
)
_ZONE: Final = re.compile(r"\s*((?P<sign>[+-])(?P<h>\d{2}):?(?P<m>\d{2})?|(?P<name>[A-Za-z]{1,4}))")


def parse_timestamp(text: str) -> int | None:
    """UTC seconds, or None where the text cannot be read and so means now."""
    text = text.strip()
    try:
        return _integer(text) if _INTEGER.fullmatch(text) else _date(text)
    except (ValueError, OverflowError):  # 08, a thirteenth month, the 31st of June, the year 0
        return None


def _integer(text: str) -> int:
    digits = text.lstrip("+-").lower()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(
        digits[:2], 8 if len(digits) > 1 and digits[0] == "0" else 10
    )
    number = int(digits.removeprefix("0x").removeprefix("0b").removeprefix("0o"), base)
    return -number if text.startswith("-") else number


def _date(text: str) -> int | None:
    text = _WEEKDAY.sub("", text, count=1)
    date = next((match for pattern in _DATE if (match := pattern.match(text))), None)
    if date is None:
        return None
    parts = date.groupdict()
    month = int(parts["month"]) if "month" in parts else _MONTHS.get(parts["name"].lower(), 0)
    rest = text[date.end() :]
    hour = minute = second = offset_s = 0
    if rest.strip():
        time = _TIME.match(rest)
        if time is not None:
            hour, minute, second = (int(time[part] or 0) for part in ("hour", "minute", "second"))
            rest = rest[time.end() :]
        if rest.strip():
            offset = _offset_s(rest)
            if offset is None:
                return None
            offset_s = offset
    leap = 1 if second == 60 else 0
    moment = datetime.datetime(
        int(parts["year"]),
        month,
        int(parts["day"]),
        hour,
        minute,
        second - leap,
        tzinfo=datetime.UTC,
    )
    return int(moment.timestamp()) + leap - offset_s


def _offset_s(text: str) -> int | None:
    zone = _ZONE.fullmatch(text.rstrip())
    if zone is None:
        return None
    if zone["sign"]:
        seconds = int(zone["h"]) * 3600 + int(zone["m"] or 0) * 60
        return -seconds if zone["sign"] == "-" else seconds
    hours = _ZONES_H.get(zone["name"].lower())
    return None if hours is None else hours * 3600
