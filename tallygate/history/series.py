"""What is counted: the names of the series in the roll-ups.

    m:<metric id>           usage of a metric
    c:<code>                entries with a response code, one for each
    mc:<code>:<metric id>   of these, the ones that count on the metric: on itself, or on a method below it

A code is three digits, so the colon behind it ends it, whatever characters the metric's id has.
"""

CODES = range(100, 600)
PAIR = "mc:"
"""How the series of a code of a metric begins."""


def metric_series(metric_id: str) -> str:
    """The series of a metric."""
    return f"m:{metric_id}"


def code_series(code: int, metric_id: str | None = None) -> str:
    """The series of a response code; of those that count on a metric, if one is named."""
    return f"c:{code}" if metric_id is None else f"{PAIR}{code}:{metric_id}"


def code_class_series(hundreds: int, metric_id: str | None = None) -> tuple[str, ...]:
    """The series of all codes of a class: 4 for those from 400 to 499. Together they are the class."""
    return tuple(code_series(code, metric_id) for code in CODES if code // 100 == hundreds)
