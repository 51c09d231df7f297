"""Charts over the buckets of a time frame: what all of them have in common."""

from collections.abc import Sequence
from itertools import pairwise

from tallygate.console.analytics import buckets, colours, time_frame
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Curve, Form, Report
from tallygate.console.analytics.time_frame import TimeFrame
from tallygate.console.wording import count, plural
from tallygate.domain.calendar import Granularity

_MINUTES_SINCE_S = 30 * 86_400


def line(
    name: str,
    key: str,
    unit: str,
    frame: TimeFrame,
    values: Sequence[int],
    previous: Sequence[int],
    now_s: int,
) -> Report:
    """The chart of one thing that is counted, beside the window before.

    Args:
        unit: Of one.
    """
    curve = Curve(key, name, colours.MEASURE, values, previous)
    title = f"{name} per {buckets.bucket_name(frame.window)}"
    report = over_time(title, plural(unit), "line", [curve], frame, now_s)
    report.what, report.summary = name, _summary(report)
    return report


def over_time(
    title: str, unit: str, form: Form, curves: list[Curve], frame: TimeFrame, now_s: int
) -> Report:
    """A chart with a place for each bucket."""
    window = frame.window
    return Report(
        title, unit, frame, form, curves,
        place=f"{buckets.bucket_name(window).capitalize()} from",
        labels=buckets.labels(window),
        ticks=buckets.ticks(window),
        unfinished=window.starts_s[-1] <= now_s <= window.last_s,
    )  # fmt: skip


def bucketed(asked: Asked, title: str, unit: str, form: Form, curves: list[Curve]) -> Report:
    """The same of what was asked, as a chart into which one can zoom."""
    return zoomable(asked, over_time(title, unit, form, curves, asked.frame, asked.now_s))


def zoomable(asked: Asked, report: Report) -> Report:
    """A chart of what was asked, into which one can now zoom."""
    report.what, report.series = asked.measure.name, asked.measure.series
    report.drills, report.edges = _drills(asked), asked.frame.window.edges_s
    return report


def _summary(report: Report) -> str:
    said, changed = f"{count(report.total)} in all", report.change
    if changed is not None:
        said += f", {changed.spoken} {changed.text} against the {report.frame.before}"
    if not report.is_empty:
        said += f", at most {count(report.peak.value)} ({report.peak.label})"
    return f"{said}."


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
