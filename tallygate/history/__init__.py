"""ClickHouse tables, the historian that fills them, and the one query function."""

from tallygate.history.batch import code_series, metric_series
from tallygate.history.history import History
from tallygate.history.query import Answer, Line, Question, change_percent
from tallygate.history.verify import Difference

__all__ = [
    "Answer",
    "Difference",
    "History",
    "Line",
    "Question",
    "change_percent",
    "code_series",
    "metric_series",
]
