"""What is asked of the history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tallygate.domain.calendar import Window

Split = Literal["series", "product", "application", "group"]
Compare = Literal["previous", "year"]


class Consumer(NamedTuple):
    """An application, by the protocol ids of its product and of itself: its own is unique in its product only."""

    product: str
    application: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the history. Whoever makes it has checked that the asker may know.

    Attributes:
        series: Which are summed; `history.series` names them.
        window: When.
        product: The protocol id of a product, or of several; None: all products (a backend's metric is in each).
        application: The application's protocol id; None: all, as one total.
        among: Only these applications, as one total unless they are split; None: all.
        groups: For the split by group: the group of each application. Those that have none are the group ''.
        split: A line for each of these instead of one sum.
        only: Only the lines with these names: for each of them those of `split` but for the series, in the order product,
            application, group; None: all.
        top: Only so many lines, the greatest totals first; None: all.
        compare: What the window is compared with: as many buckets just before it, or those a year ago; None: nothing.
    """

    series: tuple[str, ...]
    window: Window
    product: str | tuple[str, ...] | None = None
    application: str | None = None
    among: tuple[Consumer, ...] | None = None
    groups: Mapping[Consumer, str] = field(default_factory=dict)
    split: tuple[Split, ...] = ("series",)
    only: tuple[tuple[str, ...], ...] | None = None
    top: int | None = None
    compare: Compare | None = None

    def compared_with(self) -> Window | None:
        """The window that its own is compared with; None if none is, or there is none."""
        if self.compare is None:
            return None
        return self.window.previous() if self.compare == "previous" else self.window.year_before()
