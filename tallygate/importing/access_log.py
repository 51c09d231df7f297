"""Lines of access logs, in the formats that Apache and nginx write.

combined   host ident user [time] "request" status bytes "referrer" "agent" ...
common     host ident user [time] "request" status bytes ...
json       one object a line, with the field names that web servers and log shippers use
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

import msgspec

from tallygate.domain import request_target

ARGUMENT = "arg_"
"""`arg_NAME` is the field of the query's argument NAME, as nginx calls it."""

EARLIEST_MS = 0
LATEST_MS = 4_102_444_800_000
"""The year 2100: later times are mistakes."""

_LINE = re.compile(
    r'(\S+) (\S+) (.{1,256}?) \[([^\]]{1,64})\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (?:\d+|-)(.*)',
    re.DOTALL,
)
_QUOTED = re.compile(r' "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)')
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f"}
_METHOD = re.compile(r"[!#$%&'*+.^`|~\w-]+", re.ASCII)
_TIME = re.compile(
    r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.\d+)? ([+-])(\d\d)(\d\d)", re.ASCII
)
_MONTHS = {
    name: number
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)  # noqa: SIM905
}


class Unreadable(ValueError):
    """A line that is not of its format; the message says what is wrong with it."""


class Hit(NamedTuple):
    """A request that was answered.

    Attributes:
        time_ms: When, UTC milliseconds.
        method: '' if what was sent was no HTTP request.
        target: The request line's target, undecoded.
        code: The answer's status; 0 if none was sent.
        fields: What else the line says, by name.
    """

    time_ms: int
    method: str
    target: str
    code: int
    fields: Mapping[str, object]

    def field(self, name: str) -> str | None:
        """A field as text; of a JSON line also an inner one, `outer.inner`. None if it is not there."""
        if name.startswith(ARGUMENT) and name not in self.fields:
            query = self.target.partition("#")[0].partition("?")[2]
            return request_target.arguments(query).get(name.removeprefix(ARGUMENT))
        value = _find(self.fields, name)
        if value is None or isinstance(value, (Mapping, list, bool)) or value in ("", "-"):
            return None
        return str(value)


Parser = Callable[[str], Hit]
"""Turns a line, without its end, into a hit, or raises Unreadable."""


def parse_common(line: str) -> Hit:
    return _parse(line)[0]


def parse_combined(line: str) -> Hit:
    hit, rest = _parse(line)
    quoted = _QUOTED.match(rest)
    if quoted is None:
        raise Unreadable("referrer and agent are missing (is it --format common?)")
    fields = {**hit.fields, "http_referer": quoted[1], "http_user_agent": quoted[2]}
    return hit._replace(fields=fields)


def parse_json(line: str) -> Hit:
    try:
        fields = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise Unreadable("not a JSON object")
    method, target = _json_request(fields)
    return Hit(_json_time(fields), method, target, _json_code(fields), fields)


FORMATS: Mapping[str, Parser] = {
    "combined": parse_combined,
    "common": parse_common,
    "json": parse_json,
}

TIME_FIELDS = (
    "time", "timestamp", "@timestamp", "time_iso8601", "time_local", "msec", "ts", "StartUTC",
)  # fmt: skip
REQUEST_FIELDS = ("request",)
METHOD_FIELDS = (
    "method", "request_method", "verb", "http.request.method", "request.method", "RequestMethod",
)  # fmt: skip
TARGET_FIELDS = (
    "request_uri", "uri", "url", "path", "url.original", "request.uri", "RequestPath",
)  # fmt: skip
CODE_FIELDS = (
    "status", "status_code", "code", "response", "http.response.status_code", "DownstreamStatus",
)  # fmt: skip


def _parse(line: str) -> tuple[Hit, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise Unreadable("not an access log line")
    host, ident, user, time, request, status, rest = match.groups()
    method, target = _split_request(_unescape(request))
    fields = {"remote_addr": host, "remote_ident": ident, "remote_user": _unescape(user)}
    code = int(status) if status != "-" else 0
    return Hit(_clf_time(time), method, target, code, fields), rest


def _unescape(text: str) -> str:
    """Undoes `\\"`, `\\xHH` and the like, by which both servers keep a line one line."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda match: (
            bytes.fromhex(match[1].decode()) if match[1] else _ESCAPED.get(match[2], match[2])
        ),
        text.encode("utf-8", "surrogateescape"),
    ).decode("utf-8", "surrogateescape")


def _split_request(request: str) -> tuple[str, str]:
    """Method and target of a request line; both '' if it is no HTTP request."""
    method, _, rest = request.partition(" ")
    if not rest or not _METHOD.fullmatch(method):
        return "", ""
    target, space, version = rest.rpartition(" ")
    return method, target if space and version.startswith("HTTP/") else rest


@lru_cache(maxsize=1024)
def _clf_time(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        raise Unreadable(f"not a time: {_short(text)}")
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        # A leap second is written as second 60.
        at = datetime(
            int(year),
            _MONTHS[month],
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),
            0,
            zone,
        )
    except ValueError as error:
        raise Unreadable(f"not a time: {_short(text)}: {error}") from None
    return _in_range(at.timestamp() * 1000)


def _json_time(fields: Mapping[str, object]) -> int:
    value = _first(fields, TIME_FIELDS)
    if value is None:
        raise Unreadable(f"no time (one of {', '.join(TIME_FIELDS)})")
    if isinstance(value, str) and not _is_number(value):
        return _clf_time(value) if _TIME.fullmatch(value) else _iso_time(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Unreadable(f"not a time: {_short(str(value))}")
    return _epoch_time(value)


def _epoch_time(value: float | str) -> int:
    """Seconds, milliseconds, microseconds or nanoseconds: whichever puts it before 2100."""
    with contextlib.suppress(OverflowError):
        number = float(value)
        for per_second in (1, 1000, 1_000_000, 1_000_000_000):
            if abs(number) / per_second * 1000 < LATEST_MS:
                return _in_range(number / per_second * 1000)
    raise Unreadable(f"not a time: {_short(str(value))}")


def _iso_time(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"not a time: {_short(text)}") from None
    return _in_range((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _in_range(time_ms: float) -> int:
    if not EARLIEST_MS <= time_ms < LATEST_MS:
        raise Unreadable("the time is before 1970 or after 2099")
    return round(time_ms)


def _json_request(fields: Mapping[str, object]) -> tuple[str, str]:
    method, target = _first(fields, METHOD_FIELDS), _first(fields, TARGET_FIELDS)
    if isinstance(method, str) and isinstance(target, str):
        return method, target
    request = _first(fields, REQUEST_FIELDS)
    if isinstance(request, str):
        return _split_request(request)
    raise Unreadable("no request: neither `request` nor a method and a path")


def _json_code(fields: Mapping[str, object]) -> int:
    value = _first(fields, CODE_FIELDS)
    if value is None or value in ("", "-"):
        return 0
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,3}(\.0)?", str(value), re.ASCII):
        raise Unreadable(f"not a status: {_short(str(value))}")
    return int(float(str(value)))


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> object:
    """The first of these fields that is there and is no object or list."""
    for name in names:
        value = _find(fields, name)
        if value is not None and not isinstance(value, (Mapping, list)):
            return value
    return None


def _find(fields: Mapping[str, object], name: str) -> object:
    """The field of this name, or what lies at this path of names."""
    if name in fields:
        return fields[name]
    outer, dot, inner = name.partition(".")
    value = fields.get(outer) if dot else None
    return _find(value, inner) if isinstance(value, Mapping) else None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) is not None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
