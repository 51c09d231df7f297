"""A request's target as mapping rules see it: the path as nginx normalises it, the arguments.

Source of the rules: what APIcast 3.16 on nginx 1.22 was seen to do with 121 requests.
"""

import re
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

ARGUMENTS_AT_MOST = 100
"""Arguments after this many are not looked at, as in the gateway."""

_UNESCAPED = "/:@&=+,;!*'()$[]"
_AUTHORITY = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})|%00")
_PLAIN = re.compile(r"(?:/[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@-]*)+/?|/", re.ASCII)

Arguments = dict[str, str | None]
"""Name -> last value; None where the argument stands without a `=`."""


class Target(NamedTuple):
    """Attributes:
    uri: The decoded path: slashes merged, dot segments resolved.
    path: `uri` escaped again; ASCII. This is what patterns are compared with.
    query: What stands after the `?`, as it came.
    """

    uri: str
    path: str
    query: str


def parse(target: str) -> Target:
    """Takes a request line's target apart: `/path?query` or `http://host/path?query`.

    Raises:
        ValueError: A web server would refuse it: no path, a broken escape, or `..` above the root.
    """
    path, _, query = target.partition("?")
    if "#" in target:
        path, _, query = target.partition("#")[0].partition("?")
    if _PLAIN.fullmatch(path):
        return Target(path, path, query)
    uri = _resolve(_decode(_origin(path.encode("utf-8", "surrogateescape"))))
    return Target(
        uri.decode("utf-8", "surrogateescape"), quote_from_bytes(uri, safe=_UNESCAPED), query
    )


def arguments(text: str) -> Arguments:
    """The arguments of a query or of a form body, decoded; of a repeated name the last value."""
    found: Arguments = {}
    for pair in islice(filter(None, text.split("&")), ARGUMENTS_AT_MOST):
        name, equals, value = pair.partition("=")
        if name:
            found[_decode_argument(name)] = _decode_argument(value) if equals else None
    return found


def _origin(path: bytes) -> bytes:
    """The path of a target that may begin with a scheme and a host."""
    authority = _AUTHORITY.match(path)
    if authority:
        path = path[authority.end() :] or b"/"
    if not path.startswith(b"/"):
        raise ValueError("the target has no path")
    return path


def _decode(path: bytes) -> bytes:
    if _BAD_ESCAPE.search(path):
        raise ValueError("the path has a broken escape")
    return unquote_to_bytes(path)


def _resolve(path: bytes) -> bytes:
    kept: list[bytes] = []
    parts = path.split(b"/")
    for part in parts:
        if part == b"..":
            if not kept:
                raise ValueError("the path leads above the root")
            kept.pop()
        elif part not in (b"", b"."):
            kept.append(part)
    ends_in_folder = parts[-1] in (b"", b".", b"..")
    return b"/" + b"/".join(kept) + (b"/" if kept and ends_in_folder else b"")


def _decode_argument(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ").encode("utf-8", "surrogateescape")).decode(
        "utf-8", "surrogateescape"
    )
