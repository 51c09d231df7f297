"""The last 60 minutes of a metric, as bars."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from tallygate.catalog.models import Metric, Product
from tallygate.console.wording import count, plural, zone_name
from tallygate.domain import calendar
from tallygate.domain.calendar import Granularity, Window, Zone
from tallygate.history import Question, metric_series
from tallygate.web import runtime

COUNT: Final = 60
SLOT: Final = 10
"""Width of a minute in the drawing, its bar and the gap beside it."""
HEIGHT: Final = 160

Key = TypeVar("Key")
Value = TypeVar("Value")

FRESH_S: Final = 1.0
"""For so long those who watch the same share an answer."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute in a drawing that is HEIGHT high, its origin at the top left."""

    label: str
    value: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Minutes:
    """
    Attributes:
        bars: The last is the running minute.
        top: The value at the upper end of the axis.
        ticks: Clock readings under the drawing, from its first minute to its last.
        zone: By whose clocks.
    """

    metric: Metric
    window: Window
    bars: list[Bar]
    top: int
    ticks: list[str]
    zone: str

    @property
    def total(self) -> int:
        return sum(bar.value for bar in self.bars)

    @property
    def running(self) -> Bar:
        return self.bars[-1]

    @property
    def last(self) -> Bar:
        """The last minute that is over."""
        return self.bars[-2]

    @property
    def peak(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.value)

    @property
    def unit(self) -> str:
        return plural(self.metric.unit)

    @property
    def sentence(self) -> str:
        """The drawing in one sentence, for those who do not see it."""
        said = (
            f"{self.metric.friendly_name} in the last {COUNT} minutes: {count(self.total)} in all"
        )
        if self.total:
            said += f", at most {count(self.peak.value)} in the minute of {self.peak.label}"
        return f"{said}, {count(self.last.value)} in the last full minute."


def last_minutes(product: Product, metric: Metric, zone: Zone) -> Minutes:
    """Up to now; asks the history.

    Raises:
        HistoryUnavailable: It cannot answer now.
    """
    window = calendar.last(zone, runtime.clock().now_s(), COUNT, Granularity.MINUTE)
    question = Question((metric_series(str(metric.pk)),), window, product=product.service_id)
    values = runtime.history().ask(question).lines[0].values
    labels = [f"{zone.at(start_s):%H:%M}" for start_s in window.starts_s]
    top = _top(max(values))
    bars = [
        _bar(index, label, value, top)
        for index, (label, value) in enumerate(zip(labels, values, strict=True))
    ]
    ticks = [*labels[:: COUNT // 4], labels[-1]]
    return Minutes(metric, window, bars, top, ticks, zone_name(zone.at(window.last_s), zone.name))


def _bar(index: int, label: str, value: int, top: int) -> Bar:
    height = round(min(max(value, 0), top) / top * HEIGHT, 1)
    return Bar(label, value, index * SLOT, HEIGHT - height, height)


def _top(value: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ... that is not below."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if step * power >= value:
                return step * power
        power *= 10


class Shared(Generic[Key, Value]):
    """Answers that many ask for at once: each is made once in FRESH_S, and kept no longer. Any thread may use it."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._kept: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The answer; it has everything that happened FRESH_S ago or earlier."""
        with self._mutex:
            now_s = time.monotonic()
            self._kept = {
                each: kept for each, kept in self._kept.items() if now_s - kept[0] < FRESH_S
            }
            if key not in self._kept:
                self._kept[key] = (now_s, make())
            return self._kept[key][1]
