"""Which method and path lead to which endpoint.

The server hands a path over with its escapes decoded, so `/` in an id looks like the one between two segments. Services, plans,
metrics and periods have no `/` in their ids; application ids, user keys, application keys, filters and tokens may (`{name+}` in a pattern),
and the routes are written so that the first one that fits is the one that is meant.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from tallygate.listener.internal.answers import Answer
from tallygate.listener.internal.request import Request

Endpoint = Callable[[Request], Awaitable[Answer]]

_NAME: Final = re.compile(r"\{(\w+)(\+?)\}")
_PLAIN: Final = re.compile(r"[\w.~/-]+/", re.ASCII)


class _Route(NamedTuple):
    pattern: re.Pattern[str]
    endpoint: Endpoint


class Router:
    """Routes in the order in which they were added."""

    def __init__(self) -> None:
        self.patterns: list[tuple[str, str]] = []
        """Method and pattern of each."""
        self._routes: dict[str, list[_Route]] = {}

    def add(self, method: str, pattern: str, endpoint: Endpoint, first: bool = False) -> None:
        """`pattern` is a path in which `{name}` stands for an id without `/`, `{name+}` for one that may have some.

        Args:
            first: It goes before those that are there.
        """
        parts = _NAME.split(pattern)
        expression = re.escape(parts[0])
        for name, plus, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            expression += f"(?P<{name}>{'.+?' if plus else '[^/]+'}){re.escape(literal)}"
        self.patterns.append((method, pattern))
        compiled = re.compile(expression, re.DOTALL)
        routes = self._routes.setdefault(method, [])
        routes.insert(0 if first else len(routes), _Route(compiled, endpoint))

    def find(self, method: str, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """The endpoint, and the ids in the path. A GET route answers HEAD as well, unless HEAD has one of its own."""
        for candidate in (method, "GET") if method == "HEAD" else (method,):
            for pattern, endpoint in self._routes.get(candidate, ()):
                match = pattern.fullmatch(path)
                if match is not None:
                    ids = match.groupdict()
                    return None if any(map(_is_misspelt, ids.values())) else (endpoint, ids)
        return None


def _is_misspelt(identity: str) -> bool:
    """Whether it is rather a path with a slash too many: nothing in it but the slash would have had to be escaped."""
    return _PLAIN.fullmatch(identity) is not None
