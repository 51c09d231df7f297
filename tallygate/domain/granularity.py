"""How long buckets are, and arithmetic with what clocks show: naive datetimes, in whatever zone. Used by the calendar."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum


class Granularity(Enum):
    """How long a bucket is; the shortest first."""

    MINUTE = "minute"
    HOUR = "hour"
    SIX_HOURS = "6 hours"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ETERNITY = "eternity"


def later(local: datetime, unit: str, count: int) -> datetime:
    """The same clock reading `count` days, weeks, months or years later; in a shorter month, on its last day."""
    if unit in ("day", "week"):
        return local + timedelta(days=count * (7 if unit == "week" else 1))
    return _add_months(local, count * (12 if unit == "year" else 1))


def local_floor(granularity: Granularity, local: datetime) -> datetime:
    """What the clocks show when the bucket begins, of six hours or longer, in which they show `local`."""
    midnight = local.replace(hour=0, minute=0, second=0)
    floors: dict[Granularity, Callable[[], datetime]] = {
        Granularity.SIX_HOURS: lambda: midnight.replace(hour=local.hour // 6 * 6),
        Granularity.DAY: lambda: midnight,
        Granularity.WEEK: lambda: midnight - timedelta(days=local.weekday()),
        Granularity.MONTH: lambda: midnight.replace(day=1),
        Granularity.YEAR: lambda: midnight.replace(month=1, day=1),
    }
    return floors[granularity]()


def local_next(granularity: Granularity, start: datetime) -> datetime:
    """What the clocks show when the bucket ends, of six hours or longer, that begins at `start`."""
    if granularity is Granularity.YEAR:
        return start.replace(year=start.year + 1)
    if granularity is Granularity.MONTH:
        return _next_month(start)
    days = {Granularity.SIX_HOURS: 0.25, Granularity.DAY: 1, Granularity.WEEK: 7}
    return start + timedelta(days=days[granularity])


def _add_months(local: datetime, count: int) -> datetime:
    years, month = divmod(local.month - 1 + count, 12)
    first = local.replace(year=local.year + years, month=month + 1, day=1)
    days = (_next_month(first) - first).days
    return first.replace(day=min(local.day, days))


def _next_month(first: datetime) -> datetime:
    return (first + timedelta(days=31)).replace(day=1)
