"""How much is counted on a day of the week, or in an hour of the day, in the lines of a report."""

from dataclasses import dataclass

from tallygate.analytics.report import Line, Report
from tallygate.domain.calendar import Granularity
from tallygate.history.averages import Average, by_hour, by_weekday

BY = {"weekday": Granularity.DAY, "hour": Granularity.HOUR}
"""What averages are over -> the granularity of the report that they are made of."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Averages:
    """Of one line.

    Attributes:
        averages: From Monday to Sunday, or from midnight to 23 o'clock.
    """

    line: Line
    averages: tuple[Average, ...]


def averages(report: Report, lines: tuple[Line, ...], by: str) -> tuple[Averages, ...]:
    """Those of each of the report's lines. Buckets that have not ended are left out.

    Args:
        report: Its window is by the granularity that `BY` names.
    """
    of_line = by_weekday if by == "weekday" else by_hour
    return tuple(
        Averages(line, tuple(of_line(report.window, line.values, report.complete_until_s)))
        for line in lines
    )


def names(by: str) -> tuple[str, ...]:
    """`monday` and so on, or `0` to `23`."""
    return WEEKDAYS if by == "weekday" else tuple(map(str, range(24)))
