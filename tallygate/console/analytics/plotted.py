"""Charts over the buckets of a time frame: what all of them have in common."""

from collections.abc import Sequence
from itertools import pairwise

from tallygate.console.analytics import buckets, time_frame
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Curve, Form, Report, Tile, Value
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.change import change
from tallygate.console.wording import count, plural
from tallygate.domain.calendar import Granularity

_MINUTES_SINCE_S = 30 * 86_400


def over_time(
    frame: TimeFrame, title: str, unit: str, form: Form, curves: list[Curve], now_s: int
) -> Report:
    """A chart with a place for each bucket of a frame."""
    window = frame.window
    return Report(
        title, unit, frame, form, curves,
        place=f"{buckets.bucket_name(window).capitalize()} from",
        labels=buckets.labels(window),
        ticks=buckets.ticks(window),
        unfinished=window.starts_s[-1] <= now_s <= window.last_s,
    )  # fmt: skip


def line(frame: TimeFrame, curve: Curve, unit: str, now_s: int) -> Report:
    """The chart of one curve beside the window before, which it tells in a sentence too."""
    title = f"{curve.name} per {buckets.bucket_name(frame.window)}"
    report = over_time(frame, title, plural(unit), "line", [curve], now_s)
    total, before = whole(curve.values), whole(curve.previous)
    said = f"{count(total)} in all"
    changed = change(total, before) if frame.compare else None
    if changed is not None:
        said += f", {changed.spoken} {changed.text} against the {frame.before}"
    if not report.is_empty:
        value, label = peak(report)
        said += f", at most {count(value)} ({label})"
    report.summary = f"{said}."
    return report


def peak(report: Report) -> tuple[int, str]:
    """The first of the highest places of the first curve: how much, and its label."""
    values = [int(value or 0) for value in report.curves[0].values]
    place = max(range(len(values)), key=lambda index: values[index])
    return values[place], report.labels[place]


def peak_tile(report: Report) -> Tile:
    """The peak, or a dash where there is nothing."""
    title = f"Peak {report.bucket}"
    if report.is_empty:
        return Tile(title, "\N{EN DASH}")
    value, label = peak(report)
    return Tile(title, count(value), label)


def whole(values: Sequence[Value]) -> int:
    """Their sum, of whole numbers."""
    return sum(int(value or 0) for value in values)


def bucketed(asked: Asked, title: str, unit: str, form: Form, curves: list[Curve]) -> Report:
    """The chart of a page: it can be looked at closer, and says what it counts."""
    return opened(asked, over_time(asked.frame, title, unit, form, curves, asked.now_s))


def opened(asked: Asked, report: Report) -> Report:
    """The same chart, which can be looked at closer, and says what it counts."""
    report.drills = _drills(asked)
    report.edges = asked.frame.window.edges_s
    report.what, report.series = asked.measure.name, asked.measure.series
    return report


def _drills(asked: Asked) -> list[str]:
    """For each bucket the page that shows it by shorter ones."""
    window = asked.frame.window
    if asked.fixed or window.granularity is Granularity.MINUTE:
        return []
    oldest_s = asked.now_s - _MINUTES_SINCE_S if window.granularity is Granularity.HOUR else 0
    return [
        asked.url_at(time_frame.between(window.zone, begin, end - 1)) if begin > oldest_s else ""
        for begin, end in pairwise(window.edges_s)
    ]
