"""The path of a mapping rule's pattern: what it matches, and how it is found among thousands.

A pattern of literal text and `{name}` takes time in proportion to the path, whatever the path is.
Whoever writes other signs of regular expressions into a pattern gets them, as in the gateway; the
portal's forms do not let them in.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

_PART = r"[\w\-.~%!$&'()*+,;=@:]"
"""A character for which `{name}` may stand."""

_VARIABLE = re.compile(r"\{.+?\}")
_SLASHES = re.compile("/{2,}")
_SPECIAL = frozenset("\\^$*+?{}[]|()")
_QUANTIFIERS = frozenset("*+")


class PathPattern(NamedTuple):
    """Attributes:
    folders: What the path's segments must be, one after the other; None = any. There may be more.
    begin: How the segment after them begins.
    fits: Tells of a path that is like this whether it matches.
    """

    folders: tuple[str | None, ...]
    begin: str
    fits: Callable[[str], object]


def compile_path(pattern: str) -> PathPattern | None:
    """The path of a pattern, what stands behind a `?` left out; None if no path can match it."""
    path = _SLASHES.sub("/", pattern).partition("?")[0]
    literals = _VARIABLE.split(path.removesuffix("$"))
    if any(_SPECIAL.intersection(each) for each in literals) or _spans_segments(path):
        beginning, fits = _literal_beginning(path), _regex(path)
    else:
        beginning, fits = "\0".join(literals), _matcher(literals, path.endswith("$"))
    if not beginning:
        return PathPattern((), "", fits)
    if not beginning.startswith("/"):
        return None
    *folders, last = beginning[1:].split("/")
    return PathPattern(
        tuple(None if "\0" in folder else folder for folder in folders),
        last.partition("\0")[0],
        fits,
    )


class PathIndex(Generic[T]):
    """Things by their path patterns."""

    def __init__(self, things: Iterable[tuple[PathPattern, T]]) -> None:
        self._root = _Node[T]()
        for pattern, thing in things:
            self._root.below(pattern.folders).ends[pattern.begin].append(thing)
        self._root.close()

    def candidates(self, path: str) -> list[T]:
        """Those whose pattern may match the path, in no order; the others do not."""
        found: list[T] = []
        nodes = [self._root]
        for segment in path[1:].split("/"):
            below: list[_Node[T]] = []
            for node in nodes:
                node.collect(segment, found)
                named = node.named.get(segment)
                if named is not None:
                    below.append(named)
                if node.any is not None:
                    below.append(node.any)
            if not below:
                break
            nodes = below
        return found


class _Node(Generic[T]):
    """What lies behind some folders.

    Attributes:
        named: Behind one more folder, by its name.
        any: Behind one more, whatever its name.
        ends: What asks for no more folders, by the beginning of the segment that follows.
    """

    __slots__ = ("_lengths", "any", "ends", "named")

    def __init__(self) -> None:
        self.named: dict[str, _Node[T]] = {}
        self.any: _Node[T] | None = None
        self.ends: dict[str, list[T]] = defaultdict(list)
        self._lengths: list[int] = []

    def below(self, folders: Iterable[str | None]) -> "_Node[T]":
        node = self
        for folder in folders:
            if folder is None:
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.named.setdefault(folder, _Node())
        return node

    def close(self) -> None:
        """Nothing will be added any more."""
        self.ends = dict(self.ends)
        self._lengths = sorted({len(begin) for begin in self.ends})
        for node in (*self.named.values(), *filter(None, [self.any])):
            node.close()

    def collect(self, segment: str, found: list[T]) -> None:
        for length in self._lengths:
            if length > len(segment):
                break
            found += self.ends.get(segment[:length], ())


def _spans_segments(path: str) -> bool:
    return any("/" in variable for variable in _VARIABLE.findall(path))


def _matcher(literals: list[str], whole: bool) -> Callable[[str], object]:
    """Tells whether a path begins with, or is as a whole, these texts with something between each two.

    Each variable ends at the first place where the text after it is found: if any end leads to a
    match, the first one does, since every later text can be reached from there. So nothing is
    tried twice (atomic groups).
    """
    first, *rest = literals
    if not rest:
        return (lambda path: path == first) if whole else (lambda path: path.startswith(first))
    *inner, last = rest
    regex = re.escape(first) + "".join(f"(?>{_PART}+?{re.escape(each)})" for each in inner)
    if whole:
        regex += f"{_PART}+{re.escape(last)}$"
    else:
        regex += f"{_PART}+?{re.escape(last)}"
    return re.compile(regex, re.ASCII).match


def _literal_beginning(pattern: str) -> str:
    """The characters with which every path begins that a regular expression matches."""
    if "|" in pattern:
        return ""
    end = next((at for at, char in enumerate(pattern) if char in _SPECIAL), len(pattern))
    if end < len(pattern) and pattern[end] in _QUANTIFIERS:
        end = max(end - 1, 0)
    return pattern[:end]


def _regex(pattern: str) -> Callable[[str], object]:
    regex = "^" + _VARIABLE.sub(lambda _: f"({_PART}+)", pattern).replace(".", r"\.")
    try:
        return re.compile(regex, re.ASCII).search
    except re.error:
        return lambda path: False
