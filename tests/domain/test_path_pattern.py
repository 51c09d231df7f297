"""Paths of patterns match what the gateway's regular expression matches, in time in proportion to the path."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tallygate.domain.path_pattern import PathIndex, compile_path

_LITERAL = st.text(alphabet="ab-./", max_size=3)
PATTERNS = st.builds(
    lambda parts, end: "/" + "".join(parts) + end,
    st.lists(st.one_of(_LITERAL, st.sampled_from(["{x}", "{y}", "{a/b}", "a*", "(a|b)"])), max_size=6),
    st.sampled_from(["", "$"]),
)  # fmt: skip
PATHS = st.text(alphabet="ab-./", max_size=12).map(lambda text: "/" + text)


def expected(pattern: str, path: str) -> bool:
    """What the gateway says: the pattern as a regular expression, sign by sign."""
    regex = re.sub("/{2,}", "/", pattern)
    regex = re.sub(r"\{.+?\}", lambda _: r"([\w\-.~%!$&'()*+,;=@:]+)", regex)
    return re.search("^" + regex.replace(".", r"\."), path, re.ASCII) is not None


def matches(pattern: str, path: str) -> bool:
    compiled = compile_path(pattern)
    if compiled is None:
        return False
    candidates = PathIndex([(compiled, pattern)]).candidates(path)
    return bool(candidates) and bool(compiled.fits(path))


@given(PATTERNS, PATHS)
@example("/{x}-{y}$", "/a-b-c")
@example("/{x}{y}", "/a")
@example("/{x}a/b{y}", "/aa/bb")
@example("/a{a/b}c", "/abc")
def test_a_pattern_matches_what_its_regular_expression_matches(pattern: str, path: str) -> None:
    """For every pattern and path the answer is that of the gateway's regular expression."""
    assert matches(pattern, path) == expected(pattern, path)


@given(st.lists(PATTERNS, max_size=8), PATHS)
def test_the_index_leaves_out_only_what_does_not_match(patterns: list[str], path: str) -> None:
    """Every pattern that matches a path is among the candidates for it, once."""
    compiled = [(each, pattern) for pattern in patterns if (each := compile_path(pattern))]
    numbered = [(each, number) for number, (each, _) in enumerate(compiled)]
    candidates = PathIndex(numbered).candidates(path)
    assert len(candidates) == len(set(candidates))
    fitting = {number for number, (_, pattern) in enumerate(compiled) if expected(pattern, path)}
    assert fitting <= set(candidates)


@pytest.mark.parametrize("pattern", ["/{a}-{b}-{c}-{d}.x$", "/{a}{b}{c}{d}/x", "/{a}-{b}-{c}/{d}$"])
def test_no_path_makes_a_pattern_slow(pattern: str) -> None:
    """A path of 50,000 signs that almost matches is answered; tried in all ways it would take days."""
    assert not matches(pattern, "/" + "-" * 50_000 + "?")


def test_a_pattern_without_a_slash_matches_nothing() -> None:
    """Paths begin with a slash, so such a pattern is left out."""
    assert compile_path("noslash") is None
