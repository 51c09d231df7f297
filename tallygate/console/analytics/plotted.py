"""Charts over the buckets of a time frame: what all of them have in common."""

from itertools import pairwise

from tallygate.console.analytics import buckets, time_frame
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.report import Curve, Form, Report
from tallygate.domain.calendar import Granularity

_MINUTES_SINCE_S = 30 * 86_400


def bucketed(asked: Asked, title: str, unit: str, form: Form, curves: list[Curve]) -> Report:
    """A chart with a place for each bucket."""
    window = asked.frame.window
    return Report(
        title, unit, asked.frame, form, curves,
        place=f"{buckets.bucket_name(window).capitalize()} from",
        labels=buckets.labels(window),
        ticks=buckets.ticks(window),
        drills=_drills(asked),
        edges=window.edges_s,
        what=asked.measure.name,
        series=asked.measure.series,
        unfinished=window.starts_s[-1] <= asked.now_s <= window.last_s,
    )  # fmt: skip


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
