"""Names of a form with brackets, as `metric[unit]` and `scopes[]`, as nested values."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

DEEPEST = 8

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


class NestingInvalid(Exception):
    """A name means two things at once, or is nested too deep; the message says which."""


class WrapperInvalid(Exception):
    """What should hold the attributes is something else; the message says what."""


def nested(form: QueryDict) -> dict[str, Any]:
    """`{"metric": {"unit": "hit"}, "scopes": ["stats"]}`; of a name that comes twice, the last.

    Raises:
        NestingInvalid: A name stands for a value and for more than one, or is nested too deep.
    """
    values: dict[str, Any] = {}
    for name, given in form.lists():
        found = _NAME.fullmatch(name)
        if found is None:
            continue  # nobody asks for such a name
        parts = _PART.findall(found[2])
        if len(parts) > DEEPEST:
            raise NestingInvalid(f"Parameter {found[1]} is nested too deep")
        try:
            _put(values, found[1], parts, given)
        except (AttributeError, TypeError):
            raise NestingInvalid(f"Parameter {found[1]} is a value and more than one") from None
    return values


def unwrapped(values: Mapping[str, Any], wrapper: str) -> dict[str, Any]:
    """What stands inside the wrapper and what stands beside it; inside wins.

    Raises:
        WrapperInvalid: What is called like the wrapper is no object.
    """
    inside = values.get(wrapper) if wrapper else None
    if inside is None:
        return dict(values)
    if not isinstance(inside, Mapping):
        raise WrapperInvalid(f"Wrong type for parameter: {wrapper}")
    return {**values, **inside}


def _put(into: dict[str, Any], name: str, parts: list[str], given: list[Any]) -> None:
    if not parts:
        if isinstance(into.get(name), dict | list):
            raise TypeError
        into[name] = given[-1]
    elif parts == [""]:
        into.setdefault(name, []).extend(given)
    else:
        inner = into.setdefault(name, {})
        if not isinstance(inner, dict):
            raise TypeError
        _put(inner, parts[0], parts[1:], given)
