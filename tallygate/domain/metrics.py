"""How usage of a metric counts on its ancestors."""

from collections.abc import Iterable, Mapping


def roll_up(
    given: Iterable[tuple[str, int, bool]], parents: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, int]]:
    """The effective usage of a call: what was given, and what it adds to every ancestor.

    An increment is added to what its ancestors already have; a set value replaces it, and on an ancestor the last one in
    request order wins. An increment on top of a set counts from zero, as the protocol has it.

    Args:
        given: (metric id, number, whether it is a set), in request order; a metric stands once.
        parents: Metric id -> its parent's id; roots are absent.

    Returns:
        (increments, set values) by metric id, in the order in which the metrics were met. No metric is in both.
    """
    given = list(given)
    adds: dict[str, int] = {}
    sets: dict[str, int] = {}
    for metric, number, is_set in given:
        (sets if is_set else adds)[metric] = number
    for metric, number, is_set in given:
        for ancestor in ancestors(metric, parents):
            if is_set:
                adds.pop(ancestor, None)
                sets[ancestor] = number
            else:
                sets.pop(ancestor, None)
                adds[ancestor] = adds.get(ancestor, 0) + number
    return adds, sets


def ancestors(metric: str, parents: Mapping[str, str]) -> list[str]:
    """The metric's ancestors, nearest first; a cycle ends where it began."""
    found: list[str] = []
    parent = parents.get(metric, "")
    while parent and parent != metric and parent not in found:
        found.append(parent)
        parent = parents.get(parent, "")
    return found
