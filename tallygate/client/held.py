"""Answers that hold for further calls of the same kind, so that not each one is asked for."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, NamedTuple

from tallygate.client.answer import Answer
from tallygate.client.forking import begin_anew_in_children
from tallygate.client.protocol import Credentials

AT_MOST: Final = 100_000


class _Held(NamedTuple):
    answer: Answer
    until_s: float
    calls: int
    """For how many calls it still holds; -1 = for any number."""


class HeldAnswers:
    """The last AT_MOST answers, by product, caller, and what a call uses.

    An answer with a limit holds for no more calls than the limit leaves, and not beyond the limit's period.
    """

    def __init__(self, hold_s: float) -> None:
        """`hold_s`: How long an answer holds."""
        self._hold_s = hold_s
        self._answers: OrderedDict[object, _Held] = OrderedDict()
        self.after_fork()
        begin_anew_in_children(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def take(self, product: str, who: Credentials, usage: Mapping[str, int]) -> Answer | None:
        """The answer for one more call; None: it is to be asked for."""
        key = _key(product, who, usage)
        with self._lock:
            held = self._answers.get(key)
            if held is None or held.calls == 0 or held.until_s <= time.monotonic():
                return None
            if held.calls > 0:
                self._answers[key] = held._replace(calls=held.calls - 1)
            return held.answer

    def put(self, product: str, who: Credentials, usage: Mapping[str, int], answer: Answer) -> None:
        """Holds an answer to a question that was asked for one call already."""
        hold_s, calls = self._hold_s, -1
        if answer.limit is not None:
            if answer.limit.reset_s >= 0:
                hold_s = min(hold_s, answer.limit.reset_s)
            if answer.authorized:
                # Which metric the limit is of is not told: the largest of the call is taken.
                calls = max(0, answer.limit.remaining // (max(usage.values(), default=1) or 1) - 1)
        key = _key(product, who, usage)
        with self._lock:
            self._answers[key] = _Held(answer, time.monotonic() + hold_s, calls)
            self._answers.move_to_end(key)
            if len(self._answers) > AT_MOST:
                self._answers.popitem(last=False)


def _key(product: str, who: Credentials, usage: Mapping[str, int]) -> object:
    return product, who, tuple(usage.items())
