"""Kinds of reports: what a page is called, what it asks, how its report is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Report
from tallygate.console.analytics.time_frame import PER, PRESETS
from tallygate.console.curl import Api, Command
from tallygate.domain.calendar import Granularity


@dataclass(frozen=True, slots=True)
class Kind:
    """
    Attributes:
        name: In addresses and names of files: 'top-applications'.
        title: Its heading.
        build: Makes the report. Raises QuestionError, HistoryUnavailable.
        calls: What of the API gives the same numbers.
        names: The parameters it knows besides those of time.
        frame: The time frame unless one is asked for.
        fixed: Its granularity, where it cannot be chosen.
        many: What its number `top` counts: 'applications'; '' if it has none.
        timeless: Whether there is no time frame to choose.
        no_metric: What it shows where no metric is asked for; '' if then it shows the hits.
    """

    name: str
    title: str
    build: Callable[[Asked], Report]
    calls: Callable[[Asked, Api], Sequence[Command]]
    names: tuple[str, ...] = ("metric",)
    frame: str = PRESETS[0].name
    fixed: Granularity | None = None
    many: str = ""
    no_metric: str = ""
    timeless: bool = False

    @property
    def granularities(self) -> Sequence[Granularity]:
        """Among which one chooses."""
        return () if self.fixed else PER
