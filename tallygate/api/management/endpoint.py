"""One thing that can be asked: method, path, parameters, permission, answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tallygate.api.management.parameter import Parameter
from tallygate.api.management.representation import JSON, XML, Representation, Value

if TYPE_CHECKING:
    from tallygate.api.management.answer import Answer
    from tallygate.api.management.call import Call

Handler = Callable[["Call"], "Answer"]

BOTH = (XML, JSON)
"""The formats of most answers; the first is that of a call that names none."""
JSON_ONLY = (JSON,)

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ANYTHING = frozenset({"key"})
"""Placeholders that may stand for any text, slashes and dots included."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    Attributes:
        method: GET, POST, PUT (PATCH does the same) or DELETE.
        path: Below `/admin/api/`, without format: `services/{service_id}/metrics`.
        ability: What the caller must be allowed to do, from `policy.ABILITIES`.
        parameters: What may be given in the query and in the body.
        shape: What is answered; None = nothing but the status.
        many: Whether it is a collection of them.
        paged: Whether the collection comes in pages.
        bare: Whether the collection has no wrapper in JSON.
        wrapper: In which the parameters may stand: `metric[unit]`, `{"metric": {"unit"}}`.
        formats: The first is that of a call that names none.
        group: Under which heading the documentation has it.
    """

    method: str
    path: str
    handler: Handler
    ability: str
    summary: str
    group: str
    parameters: tuple[Parameter, ...] = ()
    shape: Representation | Value | None = None
    many: bool = False
    paged: bool = False
    bare: bool = False
    wrapper: str = ""
    formats: tuple[str, ...] = BOTH

    @property
    def makes(self) -> bool:
        """Whether it makes a new record, so that what a record needs must be given."""
        return self.method == "POST"

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names in the path that stand for ids."""
        return tuple(_PLACEHOLDER.findall(self.path))

    @property
    def pattern(self) -> str:
        """A regular expression for the path with its format, for Django."""
        return rf"^{_PLACEHOLDER.sub(_group, self.path)}(?:\.(?P<form>[A-Za-z0-9]+))?$"


def _group(placeholder: re.Match[str]) -> str:
    name = placeholder[1]
    # Not greedy, so that the last part is left for the format, and only that.
    return f"(?P<{name}>.+?)" if name in _ANYTHING else f"(?P<{name}>[^/.]+)"
