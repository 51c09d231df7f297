"""What the history says."""

from collections.abc import Iterable
from dataclasses import dataclass

from tallygate.domain.calendar import Window


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an answer. A name is None where the question did not split by it.

    Attributes:
        group: As the question names it; '' for the applications that it puts into none.
        values: One for each bucket of the window.
        previous_values: One for each bucket of the window that it is compared with; empty if not asked for.
    """

    series: str | None
    product: str | None
    application: str | None
    group: str | None
    values: tuple[int, ...]
    previous_values: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.values)

    @property
    def previous_total(self) -> int:
        return sum(self.previous_values)

    @property
    def change(self) -> float:
        """In percent of the window before."""
        return change_percent(self.total, self.previous_total)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the history says.

    Attributes:
        previous: The window before; None if it was not asked for or there is none.
        lines: By series in the order of the question; with `top`, the greatest first. A series that
            was asked for has a line even if nothing was counted; a product or an application has not.
        complete_until_s: All that was acknowledged before this second is in the numbers.
    """

    window: Window
    previous: Window | None
    lines: tuple[Line, ...]
    complete_until_s: int

    @property
    def values(self) -> tuple[int, ...]:
        """All lines together, bucket by bucket."""
        return _added((line.values for line in self.lines), len(self.window))

    @property
    def previous_values(self) -> tuple[int, ...]:
        """All lines together, bucket by bucket of the window before."""
        return _added((line.previous_values for line in self.lines), len(self.previous or ()))

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def previous_total(self) -> int:
        return sum(line.previous_total for line in self.lines)

    @property
    def change(self) -> float:
        """In percent of the window before."""
        return change_percent(self.total, self.previous_total)


def change_percent(total: int, previous_total: int) -> float:
    """How much more, in percent of before: 0 if the same, 100 if there was nothing before."""
    if total == previous_total:
        return 0.0
    if previous_total == 0:
        return 100.0
    return (total - previous_total) / previous_total * 100


def _added(rows: Iterable[tuple[int, ...]], count: int) -> tuple[int, ...]:
    total = [0] * count
    for row in rows:
        total = [left + right for left, right in zip(total, row, strict=True)]
    return tuple(total)
