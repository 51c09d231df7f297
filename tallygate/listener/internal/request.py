"""What a call of the Internal API brings: the ids of its path, and its parameters."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from tallygate.domain.errors import NotValidData
from tallygate.listener.internal.answers import Refused, invalid, missing
from tallygate.listener.multipart import form_text
from tallygate.listener.parameters import is_utf8, parse
from tallygate.listener.reporting import FORM_TYPES
from tallygate.registry.records import LONGEST_WINDOW_S

Object = dict[str, Any]
"""A JSON object, or what a form makes of `a[b]=c`."""

_SWITCHES: Final = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
_WHOLE: Final = re.compile(r"\s*[+-]?[0-9]{1,30}\s*", re.ASCII)


class Request(NamedTuple):
    """A call that has a route.

    Attributes:
        ids: The ids in the path, by the name that the route gives them.
        parameters: Of the query string and, before it, of the body.
    """

    ids: Mapping[str, str]
    parameters: Object

    def attributes(self, name: str) -> Object:
        """Raises Refused: the parameter is missing, or is no object."""
        value = self.parameters.get(name)
        if value is None:
            raise missing(name)
        if not isinstance(value, dict):
            raise invalid(name)
        return value

    def items(self, name: str) -> list[Any]:
        """Raises Refused: the parameter is missing, or is no list."""
        value = self.parameters.get(name)
        if value is None:
            raise missing(name)
        if not isinstance(value, list):
            raise invalid(name)
        return value


def read_parameters(query: str, content_type: str, body: bytes) -> Object:
    """The parameters of a call. The body is a JSON object whatever its type says, or a form.

    Raises:
        Refused: It is neither, or holds what is not UTF-8.
        ProtocolError: Query string or form cannot be read.
    """
    found: Object = dict(parse(query))
    content = body.strip()
    if content:
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type in FORM_TYPES and content[:1] not in b"{[":
            found |= parse(form_text(body, content_type))
        else:
            found |= _json(content)
    if not is_utf8(found):
        raise Refused(400, NotValidData().message)
    return found


def _json(content: bytes) -> Object:
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refused(400, "the body is not a JSON object")
    return value


def text(given: Object, name: str) -> str | None:
    """An attribute as the registry keeps it: as text. None if it is not given, or null.

    Raises:
        Refused: It is a list or an object.
    """
    value = given.get(name)
    if isinstance(value, list | dict):
        raise invalid(name)
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def required_text(given: Object, name: str) -> str:
    """Raises Refused: the attribute is missing, blank, or no text."""
    value = text(given, name)
    if value is None or not value.strip():
        raise missing(name)
    return value


def switch(given: Object, name: str) -> bool | None:
    """A yes or no. None if it is not given, or null.

    Raises:
        Refused: It is anything else.
    """
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, bool | int | str) or value not in _SWITCHES:
        raise invalid(name)
    return _SWITCHES[value]


def seconds(given: Object, name: str) -> int | None:
    """A length of time. None if it is not given, or null.

    Raises:
        Refused: It is no whole number of seconds from 0 to 100 years.
    """
    value = given.get(name)
    if value is None:
        return None
    number = whole_number(value)
    if number is None or not 0 <= number <= LONGEST_WINDOW_S:
        raise invalid(name)
    return number


def whole_number(value: Any) -> int | None:
    """A number given as such or as decimal digits, with a sign if need be; None if it is anything else."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
