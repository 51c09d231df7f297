"""Mapping rules: which metrics a request counts on, and by how much.

A rule's pattern is a prefix of the path, `{name}` stands for a part of a segment, a trailing `$`
asks for the end of the path, and what stands after a `?` are conditions on the query. All rules
that match count, in their order, until one that says `last` has matched.

The rules' order in a product: its own, then those of its backends, each behind the path under
which the product uses the backend. A request is routed to the backend with the longest of these
paths that it begins with; what other backends' rules counted is taken back.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tallygate.domain import request_target
from tallygate.domain.path_pattern import PathIndex, compile_path
from tallygate.domain.request_target import Arguments

ANY = "ANY"
"""The method of a rule that takes every method: gateways know it, the portal's forms do not."""

FORM = "application/x-www-form-urlencoded"
FORM_METHODS = frozenset({"POST", "PUT", "PATCH"})

_QUERY_VARIABLE = re.compile(r"\{[-\w]+\}", re.ASCII)


class Rule(NamedTuple):
    """Attributes:
    method: The HTTP method, compared exactly, or ANY.
    pattern: Path prefix, with `{name}`, a trailing `$` and a `?query` as said above.
    metric: What it counts on: a name or an id, handed back as it is.
    delta: By how much.
    last: Whether the rules after it are not looked at when it matches.
    owner: The id of the backend it belongs to; '' = the product.
    """

    method: str
    pattern: str
    metric: str
    delta: int = 1
    last: bool = False
    owner: str = ""


class Backend(NamedTuple):
    """A backend as a product uses it: under `path`, with the backend's own rules in their order."""

    id: str
    path: str
    rules: Sequence[Rule]


class Match(NamedTuple):
    """Attributes:
    rules: The rules that matched, in order, those of other backends than `owner` left out.
    owner: The id of the backend that the request is routed to; None = none.
    """

    rules: tuple[Rule, ...]
    owner: str | None = None

    def usage(self) -> dict[str, int]:
        """Metric -> sum of the deltas, where it is above zero."""
        sums: dict[str, int] = defaultdict(int)
        for rule in self.rules:
            sums[rule.metric] += rule.delta
        return {metric: value for metric, value in sums.items() if value > 0}


class RuleSet:
    """A product's mapping rules, compiled once; thousands cost a request little more than ten."""

    def __init__(self, rules: Iterable[Rule], backends: Iterable[Backend] = ()) -> None:
        """All rules in their order, as `of_product` composes them; of `backends` only the paths."""
        numbered = list(enumerate(rules))
        methods = {rule.method for _, rule in numbered} - {ANY}
        self._tables = {
            method: _Table(
                (order, rule) for order, rule in numbered if rule.method in (method, ANY)
            )
            for method in methods
        }
        self._any = _Table((order, rule) for order, rule in numbered if rule.method == ANY)
        self._routes = _routes(backends)

    @classmethod
    def of_product(cls, rules: Iterable[Rule], backends: Sequence[Backend] = ()) -> "RuleSet":
        """A product's own rules and those of the backends it uses, backends in their order."""
        behind = [
            rule._replace(pattern=f"/{backend.path}/{rule.pattern}", owner=backend.id)
            for backend in backends
            for rule in backend.rules
        ]
        return cls([*rules, *behind], backends)

    def match(self, method: str, target: str, body: str = "", content_type: str = "") -> Match:
        """What a request matches.

        Args:
            method: As in the request line.
            target: As in the request line, undecoded: `/path?query`.
            body: The request's body, looked at when it is a form.
            content_type: The value of its Content-Type header.

        A target that a web server would refuse matches nothing.
        """
        try:
            parsed = request_target.parse(target)
        except ValueError:
            return Match(())

        def arguments() -> Arguments:
            found = request_target.arguments(parsed.query)
            if method in FORM_METHODS and FORM in content_type:
                found |= request_target.arguments(body)
            return found

        rules = self._tables.get(method, self._any).match(parsed.path, arguments)
        owner = self._route(parsed.uri)
        if owner is not None:
            rules = [rule for rule in rules if rule.owner in ("", owner)]
        return Match(tuple(rules), owner)

    def _route(self, uri: str) -> str | None:
        # A prefix, not whole segments: "/bin/libx" goes to the backend at "/bin/lib", as in 3scale.
        return next((owner for path, owner in self._routes if uri.startswith(path)), None)


def conditions(pattern: str) -> tuple[tuple[str, str | None], ...]:
    """What a pattern asks of the query: (name, exact value), or (name, None) where any will do."""
    return tuple(
        (name, None if not equals or _QUERY_VARIABLE.search(value) else value)
        for name, equals, value in (
            pair.partition("=") for pair in pattern.partition("?")[2].split("&") if pair
        )
    )


class _Compiled(NamedTuple):
    order: int
    rule: Rule
    fits: Callable[[str], object]
    conditions: tuple[tuple[str, str | None], ...]


class _Table:
    """Rules of one method."""

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        self._index = PathIndex(
            (pattern, _Compiled(order, rule, pattern.fits, conditions(rule.pattern)))
            for order, rule in rules
            if (pattern := compile_path(rule.pattern)) is not None
        )

    def match(self, path: str, arguments: Callable[[], Arguments]) -> list[Rule]:
        given: Arguments | None = None
        matched: list[Rule] = []
        candidates = self._index.candidates(path)
        candidates.sort()
        for candidate in candidates:
            if not candidate.fits(path):
                continue
            if candidate.conditions:
                given = arguments() if given is None else given
                if not _hold(candidate.conditions, given):
                    continue
            matched.append(candidate.rule)
            if candidate.rule.last:
                break
        return matched


def _hold(asked: Iterable[tuple[str, str | None]], given: Arguments) -> bool:
    return all(name in given and (value is None or given[name] == value) for name, value in asked)


def _routes(backends: Iterable[Backend]) -> list[tuple[str, str]]:
    """(path prefix, backend id), longest first; none when the only path in use is the root."""
    paths = [("/" + backend.path.strip("/"), backend.id) for backend in backends]
    if all(path == "/" for path, _ in paths):
        return []
    return sorted(paths, key=lambda route: -len(route[0]))
