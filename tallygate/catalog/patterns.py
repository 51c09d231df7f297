"""The form of a mapping rule's pattern: a path with placeholders, `$` for its end, and a query."""

import re

from django.core.exceptions import ValidationError

_PLACEHOLDER = re.compile(r"\{([\w\-]+)\}")
_CHARACTER = r"(?:[A-Za-z0-9\-._~!&'()*+,;=:@]|%[0-9A-Fa-f]{2}|\{[\w\-]+\})"
_PATH = re.compile(rf"/(?:{_CHARACTER}|/)*\$?")
_KEY = re.compile(r"(?:[A-Za-z0-9\-._~!'()*+,;:@$\[\]/?]|%[0-9A-Fa-f]{2})+")
_VALUE = re.compile(r"(?:[A-Za-z0-9\-._~!'()*+,;:@$\[\]/?=]|%[0-9A-Fa-f]{2}|\{[\w\-]+\})*")


def validate_pattern(value: str) -> None:
    """Accepts `/`, `/foo$`, `/foo$?bar=baz`, `/v1/{word}.json?id={id}`.

    Raises:
        ValidationError: No leading slash, a character that no path has, a `$` before the end, a
            name that stands twice, or a placeholder as a key of the query.
    """
    path, mark, query = value.partition("?")
    if not _PATH.fullmatch(path):
        raise ValidationError("is invalid", code="invalid")
    keys = _query_keys(query) if mark else []
    names = _PLACEHOLDER.findall(value)
    if len(set(names)) < len(names) or len(set(keys)) < len(keys):
        raise ValidationError("Can't have repeated variable names", code="repeated")


def _query_keys(query: str) -> list[str]:
    keys = []
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if "{" in key:
            raise ValidationError(
                "Can't use variables as keys in the querystring", code="variable_key"
            )
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            raise ValidationError("is invalid", code="invalid")
        keys.append(key)
    return keys
