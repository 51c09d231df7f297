"""A row of numbers as a line of a few pixels."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 100, 24


class Sparkline(NamedTuple):
    """Two SVG paths in a box of WIDTH x HEIGHT, the y axis beginning at zero."""

    line: str
    area: str


def sparkline(values: Sequence[int]) -> Sparkline:
    """The paths for two or more values; negative ones lie on the base line."""
    top = max(1, *values)
    step = WIDTH / (len(values) - 1)
    points = [
        f"{index * step:.2f} {HEIGHT - max(0, value) / top * HEIGHT:.2f}"
        for index, value in enumerate(values)
    ]
    line = "M" + "L".join(points)
    return Sparkline(line, f"{line}V{HEIGHT}H0Z")
