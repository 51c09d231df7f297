"""Which colour a curve has: the same for the same thing on every page."""

from collections.abc import Iterable

PALETTE = tuple(f"chart-{number}" for number in range(1, 7))
"""Told apart with every common colour blindness: see tokens.css."""
MEASURE = PALETTE[0]
"""Of the measure that a page is about."""
OTHER = "chart-other"
"""Of the rest."""


def of_class(hundreds: int) -> str:
    """The colour of a class of response codes."""
    return f"code-{hundreds}"


def told_apart(numbers: Iterable[int]) -> dict[int, str]:
    """A colour for each of at most as many things as the palette has: as far as possible always the same for a number."""
    found: dict[int, str] = {}
    free = list(PALETTE)
    waiting = []
    for number in sorted(set(numbers)):
        wanted = PALETTE[number % len(PALETTE)]
        if wanted in free:
            free.remove(wanted)
            found[number] = wanted
        else:
            waiting.append(number)
    return found | dict(zip(waiting, free, strict=False))
