"""What is asked of the history."""

from dataclasses import dataclass
from typing import Literal

from tallygate.domain.calendar import Window

Split = Literal["series", "product", "application"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the history. Whoever makes it has checked that the asker may know.

    Attributes:
        series: Which are summed; `history.series` names them.
        window: When.
        product: The product's protocol id; None: all products (a backend's metric is in each).
        application: The application's protocol id; None: all, as one total.
        split: A line for each of these instead of one sum.
        top: Only so many lines, the greatest totals first; None: all.
        compare: Whether the window before is summed too.
    """

    series: tuple[str, ...]
    window: Window
    product: str | None = None
    application: str | None = None
    split: tuple[Split, ...] = ("series",)
    top: int | None = None
    compare: bool = False
