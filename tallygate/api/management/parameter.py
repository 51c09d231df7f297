"""What a call may say: parameters with their kinds, read alike from JSON and from forms."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

import msgspec

from tallygate.catalog.words import BLANK, INVALID, NOT_A_NUMBER

_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_YES = frozenset({"true", "1", "t", "yes", "on"})
_NO = frozenset({"false", "0", "f", "no", "off"})
_EMPTY_LIST = "[]"
"""What stands in a form for a list without items."""

TIME_EXAMPLE = "2030-01-31T12:00:00Z"
LONGEST_FILTER = 1_000
"""Characters of the longest text that is looked for: databases choke on longer ones."""
WRONG_TIME = f"Date must follow ISO8601 format. Example: {TIME_EXAMPLE}"


class Kind(Enum):
    """What values a parameter has."""

    TEXT = "string"
    INTEGER = "integer"
    DECIMAL = "number"
    BOOLEAN = "boolean"
    TIME = "date-time"
    TEXTS = "array of strings"
    INTEGERS = "array of integers"
    OBJECT = "object"
    JSON = "any"


class Wrong(Exception):
    """A value of the wrong kind; the message says so in the words of the protocol."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    Attributes:
        attribute: Of the record, if it is called otherwise there; None: the handler does with it
            what is to be done.
        required: Whether a new record needs it.
        only_new: Whether it is looked at for new records alone.
        empty: What stands for null or nothing, where that is not the record's own business.
        choices: The values there are, for who reads about it; the record checks them.
    """

    name: str
    kind: Kind = Kind.TEXT
    description: str = ""
    attribute: str | None = ""
    required: bool = False
    only_new: bool = False
    empty: Any = ...
    choices: tuple[str, ...] = ()

    @property
    def target(self) -> str | None:
        """The attribute of the record that it sets."""
        return self.name if self.attribute == "" else self.attribute

    def read(self, value: Any) -> Any:
        """The value as the record takes it; `...` where it says nothing.

        Raises:
            Wrong: It is of another kind.
        """
        if value is None or value in ("", [""]):
            return _NOTHING.get(self.kind) if self.empty is ... else self.empty
        return _READERS[self.kind](value)


class Given:
    """What of an endpoint's parameters a call has given.

    Attributes:
        problems: Parameter -> what is wrong with it; those are not among the values.
    """

    def __init__(
        self, parameters: tuple[Parameter, ...], values: Mapping[str, Any], *, new: bool
    ) -> None:
        """
        Args:
            new: Whether a record is to be made, so that what is required must be there.
        """
        self.problems: dict[str, list[str]] = {}
        self._values: dict[str, Any] = {}
        for parameter in parameters:
            if parameter.name in values:
                self._read(parameter, values[parameter.name])
            if new and parameter.required and self.get(parameter.name) in (None, "", []):
                self.problems.setdefault(parameter.name, [BLANK])

    def _read(self, parameter: Parameter, value: Any) -> None:
        try:
            read = parameter.read(value)
        except Wrong as wrong:
            self.problems[parameter.name] = [str(wrong)]
            return
        if read is not ...:
            self._values[parameter.name] = read

    def refuse_odd_texts(self) -> None:
        """Makes a problem of texts that cannot be looked for."""
        for name, value in list(self._values.items()):
            if not isinstance(value, str):
                continue
            if len(value) > LONGEST_FILTER:
                self.problems[name] = [f"is too long (maximum is {LONGEST_FILTER} characters)"]
            elif "\0" in value:
                self.problems[name] = [INVALID]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def get(self, name: str, otherwise: Any = None) -> Any:
        """The value, if it was given and is right."""
        return self._values.get(name, otherwise)


_NOTHING: dict[Kind, Any] = {
    Kind.TEXT: "",
    Kind.INTEGER: None,
    Kind.DECIMAL: None,
    Kind.BOOLEAN: ...,
    Kind.TIME: None,
    Kind.TEXTS: ...,
    Kind.INTEGERS: ...,
    Kind.OBJECT: ...,
    Kind.JSON: ...,
}
"""What null, or nothing after the name, means: `...` is the same as not to be given."""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise Wrong(INVALID)


def _integer(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    raise Wrong(NOT_A_NUMBER)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Wrong(NOT_A_NUMBER)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise Wrong(NOT_A_NUMBER) from None
    if not number.is_finite():
        raise Wrong(NOT_A_NUMBER)
    return number


def _boolean(value: Any) -> bool:
    text = _text(value).strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    raise Wrong(INVALID)


def _time(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Wrong(WRONG_TIME) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _list(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return [] if items == [_EMPTY_LIST] else [item for item in items if item not in (None, "")]


def _texts(value: Any) -> list[str]:
    return [_text(item) for item in _list(value)]


def _integers(value: Any) -> list[int]:
    return [_integer(item) for item in _list(value)]


def _object(value: Any) -> dict[str, Any]:
    value = _json(value)
    if not isinstance(value, dict):
        raise Wrong(INVALID)
    return value


def _json(value: Any) -> Any:
    """JSON as it is, or, from a form, as a text."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        raise Wrong(INVALID) from None


_READERS = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.TIME: _time,
    Kind.TEXTS: _texts,
    Kind.INTEGERS: _integers,
    Kind.OBJECT: _object,
    Kind.JSON: _json,
}
