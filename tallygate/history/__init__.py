"""ClickHouse tables, the historian that fills them, and the one query function."""

from tallygate.history.answer import Answer, Line, change_percent
from tallygate.history.forgetting import FORGOTTEN
from tallygate.history.history import History, Snapshot
from tallygate.history.question import Compare, Consumer, Question, Split
from tallygate.history.ranking import Order, Place, Ranking
from tallygate.history.series import (
    code_class_series,
    code_series,
    codes_series,
    metric_series,
)
from tallygate.history.tail import Seen, Subscription
from tallygate.history.verify import Difference

__all__ = [
    "FORGOTTEN",
    "Answer",
    "Compare",
    "Consumer",
    "Difference",
    "History",
    "Line",
    "Order",
    "Place",
    "Question",
    "Ranking",
    "Seen",
    "Snapshot",
    "Split",
    "Subscription",
    "change_percent",
    "code_class_series",
    "code_series",
    "codes_series",
    "metric_series",
]
