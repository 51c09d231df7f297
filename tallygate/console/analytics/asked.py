"""What a request for a report asks: a subject, and in its query a measure, a time frame and what else the page knows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from tallygate.console.analytics import time_frame
from tallygate.console.analytics.measures import Measure
from tallygate.console.analytics.subjects import Subject
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.domain.calendar import Granularity, Zone
from tallygate.domain.errors import QuestionError
from tallygate.history import Answer, Place, Question, Ranking
from tallygate.web import runtime

if TYPE_CHECKING:
    from tallygate.console.analytics.kind import Kind


@dataclass(frozen=True)
class Asked:
    """
    Attributes:
        query: As the URL has it; not looked at before it is needed.
        zone: Of the provider.
        names: The parameters that the page knows besides those of time.
        default: Its time frame unless one is asked for.
        fixed: Its granularity, where it cannot be chosen.
        may_be_all: Whether without a metric it is about all calls, whatever they count on.
    """

    subject: Subject
    query: Mapping[str, str]
    zone: Zone
    now_s: int
    names: tuple[str, ...]
    default: str
    fixed: Granularity | None = None
    may_be_all: bool = False

    @classmethod
    def of(
        cls, subject: Subject, kind: "Kind", query: Mapping[str, str], zone: Zone, now_s: int
    ) -> Self:
        """For a kind of report."""
        return cls(
            subject, query, zone, now_s, kind.names, kind.frame, kind.fixed, bool(kind.no_metric)
        )

    @cached_property
    def frame(self) -> TimeFrame:
        """Raises QuestionError where the query makes no sense."""
        return time_frame.read(
            self.query, self.zone, self.now_s, default=self.default, fixed=self.fixed
        )

    @property
    def fields(self) -> time_frame.Fields:
        """What the form shows."""
        return time_frame.fields(self.query, self.zone, self.now_s, default=self.default)

    @property
    def measure(self) -> Measure:
        """That which was chosen."""
        return self.subject.choice.chosen

    @property
    def has_measure(self) -> bool:
        """Whether it is about a measure, and not about all calls."""
        return "metric" in self.names and (not self.may_be_all or bool(self.text("metric")))

    def choose(self) -> None:
        """Chooses the measure. Raises QuestionError when there is no such one."""
        if "metric" in self.names:
            self.subject.choice.choose(self.query.get("metric", ""), self.subject.noun)

    def text(self, name: str) -> str:
        return self.query.get(name, "").strip()

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`. Raises QuestionError if it is none."""
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
            raise QuestionError(f"{name.capitalize()} must be a number from 1 to {most:,}, not {text}.")  # fmt: skip
        return int(text)

    def url(self, **changed: str) -> str:
        """The same page with another question; '' takes a parameter away."""
        given = self._kept(*time_frame.NAMES, *self.names) | changed
        return f"?{urlencode({name: text for name, text in given.items() if text})}"

    def url_at(self, moment: Mapping[str, str]) -> str:
        """The same page at another time."""
        kept = self._kept("timezone", "compare", *self.names)
        kept.pop("page", None)
        return f"?{urlencode({**kept, **moment})}"

    def url_for(self, names: Iterable[str]) -> str:
        """The query for another page that knows these parameters; '' for none."""
        kept = self._kept(*time_frame.NAMES, *(set(names) & {"metric"}))
        return f"?{urlencode(kept)}" if kept else ""

    def _kept(self, *names: str) -> dict[str, str]:
        return {name: self.query[name] for name in names if self.query.get(name)}

    def ask(self, question: Question) -> Answer:
        """Raises QuestionError, HistoryUnavailable."""
        return runtime.history().ask(question)

    def rank(self, ranking: Ranking) -> list[Place]:
        """Raises QuestionError, HistoryUnavailable."""
        with runtime.history().snapshot() as snapshot:
            return snapshot.rank(ranking)
