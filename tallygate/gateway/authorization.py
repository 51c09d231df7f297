"""Whether a call may pass, and what is still to be reported of it when it was answered.

exact    each call is asked for and counted in one step before it passes: no limit is exceeded by one
batched  an answer holds for some seconds, and calls are reported when they were answered; an answer
         with a limit holds for no more calls than the limit leaves. What several gateways let pass
         in these seconds, and what is on its way to be counted, may exceed a limit.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeVar

from tallygate.client.answer import ALLOWED, DENIED, Answer
from tallygate.client.protocol import Credentials
from tallygate.gateway.asking import Asker
from tallygate.gateway.configuration import Product
from tallygate.gateway.reporting import Reports

KNOWN_AT_MOST: Final = 100_000
KNOWN_FOR_S: Final = 86_400.0

WhenAway = Literal["known", "allow", "deny"]
"""Who passes while the listener does not answer.

known  those who passed within the last day
allow  everybody
deny   nobody
"""

Usage = Mapping[str, int]
_Who = tuple[str, Credentials]
_K = TypeVar("_K")
_V = TypeVar("_V")


class Decision(NamedTuple):
    """Attributes:
    answer: Whether the call may pass.
    usage: What is to be reported with its response code: of what is counted already, zeros.
    """

    answer: Answer
    usage: Usage


class _Held(NamedTuple):
    answer: Answer
    until_s: float
    calls: int
    """For how many calls it holds; -1 = for any number."""


class Authorization:
    """Decides calls of all products."""

    def __init__(self, asker: Asker, reports: Reports, hold_s: float, when_away: WhenAway) -> None:
        """`hold_s`: How long an answer holds; 0 = each call is asked for and counted exactly."""
        self._asker = asker
        self._reports = reports
        self._hold_s = hold_s
        self._when_away = when_away
        self._known: OrderedDict[_Who, float] = OrderedDict()
        self._held: OrderedDict[tuple[_Who, tuple[tuple[str, int], ...]], _Held] = OrderedDict()

    async def decide(self, product: Product, who: Credentials, usage: Usage) -> Decision:
        """Asks the listener, or remembers."""
        if self._hold_s:
            return await self._batched(product, who, usage)
        report_id = self._reports.new_id()
        answer = await self._asker.ask(product, "authrep", who, usage, report_id)
        if answer is None:
            answer = self._away(product, who)
            if answer.authorized:
                # As the question was, and under its id: if the listener had heard it, it is not counted again.
                self._reports.take(product.id, who, usage, report_id)
        else:
            self._learn(product, who, answer)
        return Decision(answer, dict.fromkeys(usage, 0))

    async def _batched(self, product: Product, who: Credentials, usage: Usage) -> Decision:
        key = ((product.id, who), tuple(sorted(usage.items())))
        held = self._held.get(key)
        if held is None or not held.calls or held.until_s <= time.monotonic():
            answer = await self._asker.ask(product, "authorize", who, usage)
            if answer is None:
                return Decision(self._away(product, who), usage)
            self._learn(product, who, answer)
            held = _Held(answer, self._until_s(answer), _calls(answer, usage))
        _remember(self._held, key, held._replace(calls=held.calls - (held.calls > 0)))
        return Decision(held.answer, usage)

    def _until_s(self, answer: Answer) -> float:
        hold_s = self._hold_s
        if answer.limit is not None and answer.limit.reset_s >= 0:
            hold_s = min(hold_s, answer.limit.reset_s)
        return time.monotonic() + hold_s

    def _learn(self, product: Product, who: Credentials, answer: Answer) -> None:
        if answer.authorized:
            _remember(self._known, (product.id, who), time.monotonic())
        elif not answer.limited:
            self._known.pop((product.id, who), None)

    def _away(self, product: Product, who: Credentials) -> Answer:
        if self._when_away == "allow":
            return ALLOWED
        since_s = self._known.get((product.id, who))
        is_known = since_s is not None and time.monotonic() - since_s < KNOWN_FOR_S
        return ALLOWED if self._when_away == "known" and is_known else DENIED


def _calls(answer: Answer, usage: Usage) -> int:
    """For how many calls an answer holds, this one among them; -1 = for any number."""
    if not answer.authorized or answer.limit is None:
        return -1
    # Which metric the limit is of is not told: the largest of the call is taken.
    return max(1, answer.limit.remaining // max(usage.values()))


def _remember(things: "OrderedDict[_K, _V]", key: _K, value: _V) -> None:
    """Keeps KNOWN_AT_MOST, those that were put in last."""
    things[key] = value
    things.move_to_end(key)
    if len(things) > KNOWN_AT_MOST:
        things.popitem(last=False)
