"""What is counted: the names of the series in the roll-ups.

    m:<metric id>           usage of a metric
    c:<code>                entries with a response code, one for each
    mc:<code>:<metric id>   of these, the ones that count on the metric: on itself, or on a method below it

A code is three digits, so the colon behind it ends it, whatever characters the metric's id has.
"""

import re

from tallygate.domain.errors import QuestionError

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


def codes_series(codes: str, metric_id: str | None = None) -> tuple[str, ...]:
    """The series of `404`, or of a class: `4XX`, in any case. Together they are what was asked for.

    Raises:
        QuestionError: It is neither.
    """
    if re.fullmatch(r"[1-5][xX]{2}", codes):
        return code_class_series(int(codes[0]), metric_id)
    if re.fullmatch(r"[1-5][0-9]{2}", codes):
        return (code_series(int(codes), metric_id),)
    raise QuestionError(f"Response code must be from 100 to 599, or a class: 2XX, not {codes}")
