"""The table of `docs/compatibility.md` that says which calls of which client work, made from their runs."""

import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from threescale_api import resources
from threescale_api.defaults import DefaultClient

BEGIN, END = "<!-- calls of clients: begin -->", "<!-- calls of clients: end -->"

_UNKNOWN = "?"
"""Stands for requests that were made past the client's classes."""


def table(calls: Iterable[dict[str, Any]], passed: set[str]) -> str:
    """A row for each class of a client: its calls that made requests with success, in tests that passed."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    tests: dict[tuple[str, str], set[str]] = defaultdict(set)
    for call in calls:
        if call["test"] in passed and call["status"] < 400 and call["call"] != _UNKNOWN:
            kind, _, name = call["call"].partition(".")
            names[call["client"], kind].add(_named(name, call["path"]))
            tests[call["client"], kind].add(call["test"])
    return "\n".join(_lines(names, tests))


def _named(name: str, path: str) -> str:
    """Where one call does many things, the thing too."""
    if name == "set_state":
        return f"`{name}` {path.rpartition('/')[2]}"
    return f"`{name}`"


def _lines(
    names: dict[tuple[str, str], set[str]], tests: dict[tuple[str, str], set[str]]
) -> Iterator[str]:
    yield f"{BEGIN}\n\n| client | class | calls that work | in tests |\n|---|---|---|---|"
    for client, kind in sorted(names):
        calls = ", ".join(sorted(names[client, kind]))
        yield f"| {client} | `{kind}` | {calls} | {len(tests[client, kind])} |"
    absent = sorted(_classes() - {kind for _, kind in names})
    yield f"\nOf 3scale-api no call works of {', '.join(f'`{name}`' for name in absent)}.\n\n{END}"


def _classes() -> set[str]:
    """The classes of 3scale-api through which calls are made."""
    return {
        name
        for name, its in inspect.getmembers(resources, inspect.isclass)
        if issubclass(its, DefaultClient) and its.__module__ == resources.__name__
    }
