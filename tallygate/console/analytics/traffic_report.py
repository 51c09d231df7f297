"""What the Traffic page shows of one metric in one time frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from tallygate.catalog.models import Metric
from tallygate.console.analytics import buckets
from tallygate.console.analytics.links import with_metric
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.change import Change, change
from tallygate.console.wording import count, plural, zone_name
from tallygate.domain.calendar import Window
from tallygate.history.query import Line


@dataclass(frozen=True, slots=True)
class Row:
    """One bucket; `previous` is None where the window before had fewer buckets."""

    label: str
    value: int
    previous: int | None


@dataclass(frozen=True, slots=True)
class MethodRow:
    """What one method adds to its metric.

    Attributes:
        url: The method's own chart; '' for the hits that belong to no method.
        share: Percent of the metric's total.
        bar: The same, cut to what can be drawn: 0 to 100.
    """

    name: str
    system_name: str
    url: str
    total: int
    share: float
    bar: str


class Report:
    """The texts, rows and chart of one answer. Templates only place them."""

    def __init__(self, metric: Metric, frame: TimeFrame, line: Line, now_s: int) -> None:
        self.metric = metric
        self._frame, self._line, self._now_s = frame, line, now_s
        self.rows = _rows(buckets.labels(frame.window), line)

    @property
    def window(self) -> Window:
        return self._frame.window

    @property
    def total(self) -> int:
        return self._line.total

    @property
    def previous_total(self) -> int:
        return self._line.previous_total

    @property
    def change(self) -> Change | None:
        return change(self.total, self.previous_total)

    @property
    def is_empty(self) -> bool:
        return not any(self._line.values)

    @property
    def unit(self) -> str:
        return plural(self.metric.unit)

    @property
    def bucket(self) -> str:
        return buckets.bucket_name(self.window)

    @property
    def title(self) -> str:
        return f"{self.metric.friendly_name} per {self.bucket}"

    @property
    def range(self) -> str:
        return buckets.span(self.window)

    @property
    def zone(self) -> str:
        return zone_name(self.window.zone.at(self.window.last_s), self.window.zone.name)

    @property
    def peak(self) -> Row:
        """The first of the highest buckets."""
        return max(self.rows, key=lambda row: row.value)

    @property
    def average(self) -> str:
        """The mean over the buckets that have begun."""
        begun = sum(start_s <= self._now_s for start_s in self.window.starts_s)
        mean = self.total / max(begun, 1)
        return count(round(mean)) if abs(mean) >= 100 or mean == int(mean) else f"{mean:,.1f}"

    @property
    def is_unfinished(self) -> bool:
        """Whether the last bucket goes on."""
        return self.window.starts_s[-1] <= self._now_s <= self.window.last_s

    @property
    def sentence(self) -> str:
        """The chart in one sentence, for those who do not see it."""
        said = f"{self.title}, {self.range}: {count(self.total)} in all"
        if self.change is not None:
            said += f", {self.change.spoken} {self.change.text} against the {self._frame.before}"
        if not self.is_empty:
            said += f", at most {count(self.peak.value)} ({self.peak.label})"
        return said + "."

    @property
    def chart(self) -> dict[str, Any]:
        """What chart.js draws."""
        return {
            "name": self.metric.friendly_name,
            "previous_name": self._frame.before_title,
            "unit": self.unit,
            "labels": [row.label for row in self.rows],
            "unfinished": self.is_unfinished,
            "ticks": buckets.ticks(self.window),
            "values": self._line.values,
            "previous": self._line.previous_values[: len(self.rows)],
        }


def _rows(labels: list[str], line: Line) -> list[Row]:
    previous = zip_longest(labels, line.previous_values[: len(labels)])
    return [
        Row(label, value, before)
        for (label, before), value in zip(previous, line.values, strict=True)
    ]


def method_rows(
    metric: Metric, total: int, totals: list[tuple[Metric, int]], query: Mapping[str, str]
) -> list[MethodRow]:
    """The methods with any usage, the largest first, and the rest that belongs to none of them."""
    used = sorted((pair for pair in totals if pair[1]), key=lambda pair: -pair[1])
    if not used:
        return []
    rows = [_method_row(method, value, total, query) for method, value in used]
    rest = total - sum(value for _, value in used)
    if rest:
        name = f"{metric.friendly_name} without a method"
        rows.append(MethodRow(name, "", "", rest, *_share(rest, total)))
    return rows


def _method_row(method: Metric, value: int, total: int, query: Mapping[str, str]) -> MethodRow:
    url = with_metric(query, method.system_name)
    share, bar = _share(value, total)
    return MethodRow(method.friendly_name, method.system_name, url, value, share, bar)


def _share(value: int, total: int) -> tuple[float, str]:
    share = value / total * 100 if total else 0.0
    return share, f"{min(max(share, 0), 100):.2f}"
