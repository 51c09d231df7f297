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
from tallygate.domain.request_target import Arguments

ANY = "ANY"
"""The method of a rule that takes every method: gateways know it, the portal's forms do not."""

FORM = "application/x-www-form-urlencoded"
FORM_METHODS = frozenset({"POST", "PUT", "PATCH"})

_SEGMENT_PART = r"([\w\-.~%!$&'()*+,;=@:]+)"
_VARIABLE = re.compile(r"\{.+?\}")
_QUERY_VARIABLE = re.compile(r"\{[-\w]+\}", re.ASCII)
_SLASHES = re.compile("/{2,}")
_SPECIAL = frozenset("\\^$*+?{}[]|()")
_QUANTIFIERS = frozenset("*+")


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
        compiled = [_compile(order, rule) for order, rule in enumerate(rules)]
        of_any = [rule for rule in compiled if rule.rule.method == ANY]
        methods = {rule.rule.method for rule in compiled} - {ANY}
        self._tables = {
            method: _Table([rule for rule in compiled if rule.rule.method in (method, ANY)])
            for method in methods
        }
        self._any = _Table(of_any)
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
    prefix: str
    fits: Callable[[str], object]
    conditions: tuple[tuple[str, str | None], ...]


class _Table:
    """Rules of one method, found by the literal beginning of their pattern."""

    def __init__(self, rules: Iterable[_Compiled]) -> None:
        self._by_prefix: dict[str, list[_Compiled]] = defaultdict(list)
        for rule in rules:
            self._by_prefix[rule.prefix].append(rule)
        self._by_prefix.default_factory = None
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix})

    def match(self, path: str, arguments: Callable[[], Arguments]) -> list[Rule]:
        given: Arguments | None = None
        matched: list[Rule] = []
        for candidate in self._candidates(path):
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

    def _candidates(self, path: str) -> list[_Compiled]:
        found: list[_Compiled] = []
        for length in self._lengths:
            if length > len(path):
                break
            found += self._by_prefix.get(path[:length], ())
        found.sort()
        return found


def _hold(asked: Iterable[tuple[str, str | None]], given: Arguments) -> bool:
    return all(name in given and (value is None or given[name] == value) for name, value in asked)


def _compile(order: int, rule: Rule) -> _Compiled:
    pattern = _SLASHES.sub("/", rule.pattern).partition("?")[0]
    return _Compiled(order, rule, _prefix(pattern), _fit(pattern), conditions(rule.pattern))


def _prefix(pattern: str) -> str:
    """The characters with which every matching path begins."""
    if "|" in pattern:
        return ""
    end = next((at for at, char in enumerate(pattern) if char in _SPECIAL), len(pattern))
    if end < len(pattern) and pattern[end] in _QUANTIFIERS:
        end = max(end - 1, 0)
    return pattern[:end]


def _fit(pattern: str) -> Callable[[str], object]:
    """Tells whether a path that begins with the pattern's prefix matches all of it."""
    literal = pattern.removesuffix("$")
    if not _SPECIAL.intersection(literal):
        return (lambda path: True) if literal == pattern else (lambda path: path == literal)
    regex = "^" + _VARIABLE.sub(lambda _: _SEGMENT_PART, pattern).replace(".", r"\.")
    try:
        return re.compile(regex, re.ASCII).search
    except re.error:
        return lambda path: False


def _routes(backends: Iterable[Backend]) -> list[tuple[str, str]]:
    """(path prefix, backend id), longest first; none when the only path in use is the root."""
    paths = [("/" + backend.path.strip("/"), backend.id) for backend in backends]
    if all(path == "/" for path, _ in paths):
        return []
    return sorted(paths, key=lambda route: -len(route[0]))
