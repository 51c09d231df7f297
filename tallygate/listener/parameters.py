"""Decoding of query strings and form bodies into nested parameters.

`a=1`, `a[b]=1` (a map), `a[]=1` (a list), `a[][b]=1` (a list of maps). Of a repeated plain name the last one wins. `k` without `=`
is None, `k=` is the empty string. Only `&` separates; `+` is a space.
"""

import re
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import unquote_to_bytes

from tallygate.domain.errors import BadRequest

Value: TypeAlias = "str | list[Value] | Parameters | None"
Parameters: TypeAlias = "dict[str, Value]"

MAX_PARAMETERS: Final = 4096
MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 32
_SHORT: Final = 128

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class LimitExceeded(BadRequest):
    """More parameters, bytes or nesting than is read: answered with a body even where none was asked for."""


def parse(text: str) -> Parameters:
    """The parameters of a query string or form body.

    Bytes that are not UTF-8 come in (`surrogateescape`) and go out as lone surrogates: see `is_utf8`.

    Raises:
        BadRequest: A percent escape is broken, or a name is used both as a list and as a map or value.
        LimitExceeded: It is too large.
    """
    parameters: Parameters = {}
    if not text:
        return parameters
    if len(text) > MAX_BYTES:
        raise LimitExceeded(f"total query size exceeds limit ({MAX_BYTES})")
    pairs = text.split("&")
    if len(pairs) > MAX_PARAMETERS:
        raise LimitExceeded(
            f"total number of query parameters ({len(pairs)}) exceeds limit ({MAX_PARAMETERS})"
        )
    if "%" in text and _BAD_ESCAPE.search(text):
        raise BadRequest("Invalid query parameters: invalid %-encoding")
    for pair in pairs:
        if not pair:
            continue
        name, equals, raw = pair.partition("=")
        value = _decode(raw) if equals else None
        keys = _path(name) if len(name) <= _SHORT else None
        if keys is None or not _put(parameters, keys, value):
            _nest(parameters, _decode(name), value, 0)
    return parameters


@lru_cache(maxsize=16_384)
def _path(name: str) -> tuple[str, ...] | None:
    """The keys of a name of the common form `a` or `a[b][c]`; None for lists and whatever else needs a closer look.

    Kept for short names only, since reports repeat the same few thousand: anybody may send others.
    """
    name = _decode(name)
    head, bracket, rest = name.partition("[")
    if not bracket:
        return (name,) if name else None
    keys = (head, *rest[:-1].split("]["))
    if not name.endswith("]") or not all(keys) or name.count("[") != len(keys) - 1:
        return None
    return keys if name.count("]") == len(keys) - 1 < MAX_DEPTH else None


def _put(parameters: Parameters, keys: tuple[str, ...], value: Value) -> bool:
    """Stores under nested maps; False where something else than a map is in the way."""
    node = parameters
    for key in keys[:-1]:
        below = node.setdefault(key, {})
        if not isinstance(below, dict):
            return False
        node = below
    node[keys[-1]] = value
    return True


def readable(text: str) -> Parameters:
    """What `parse` gives, or nothing where it raises."""
    try:
        return parse(text)
    except BadRequest:
        return {}


def text_is_utf8(text: str) -> bool:
    """The same as `is_utf8` of what `parse` makes of the text, in one pass over it."""
    if "%" not in text and text.isascii():
        return True
    try:
        unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode()
    except UnicodeDecodeError:
        return False
    return True


def is_utf8(value: Value) -> bool:
    """Whether all names and values in it were UTF-8."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)
    if isinstance(value, dict):
        return all(is_utf8(name) and is_utf8(each) for name, each in value.items())
    if isinstance(value, list):
        return all(is_utf8(each) for each in value)
    return True


def _decode(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    data = text.encode("utf-8", "surrogateescape")
    return unquote_to_bytes(data).decode("utf-8", "surrogateescape")


def _nest(into: Parameters, name: str, value: Value, depth: int) -> "Parameters | list[Value]":
    if depth >= MAX_DEPTH:
        raise LimitExceeded()
    key, rest = _split(name, depth)
    if not key:
        return into
    if not rest:
        if key == "[]" and depth:
            return [value]
        into[key] = value
    elif rest == "[":
        into[name] = value
    elif rest.startswith("[]"):
        _append(_list_at(into, key), rest[2:], value, depth)
    else:
        child = _made_unless_null(into, key, {})
        if not isinstance(child, dict):
            raise BadRequest()
        into[key] = _nest(child, rest, value, depth + 1)
    return into


def _split(name: str, depth: int) -> tuple[str, str]:
    """The first key of a nested name, and what follows it."""
    if depth == 0:
        bracket = name.find("[", 1)
        return (name, "") if bracket < 0 else (name[:bracket], name[bracket:])
    if name.startswith("[]"):
        return "[]", name[2:]
    if name.startswith("[") and (end := name.find("]", 1)) >= 0:
        return name[1:end], name[end + 1 :]
    return name, ""


def _list_at(into: Parameters, key: str) -> list[Value]:
    found = _made_unless_null(into, key, [])
    if not isinstance(found, list):
        raise BadRequest()
    return found


def _made_unless_null(into: Parameters, key: str, empty: Value) -> Value:
    """What stands at the key; `empty` is put there if that is nothing or null."""
    found = into.get(key)
    if found is None:
        found = into[key] = empty
    return found


def _append(items: list[Value], rest: str, value: Value, depth: int) -> None:
    if not rest:
        items.append(value)
        return
    key = rest[1:-1] if rest.startswith("[") and rest.endswith("]") else rest
    if not key or "[" in key or "]" in key:
        key = rest
    last = items[-1] if items else None
    if isinstance(last, dict) and key not in last:
        _nest(last, key, value, depth + 1)
    else:
        items.append(_nest({}, key, value, depth + 1))
