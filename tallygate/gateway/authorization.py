"""Whether a call may pass, and what is still to be reported of it when it was answered.

exact    each call is asked for and counted in one step before it passes: no limit is exceeded by one
batched  an answer holds for some seconds, and calls are reported when they were answered; an answer
         with a limit holds for no more calls than the limit leaves. What several gateways let pass
         in these seconds, and what is on its way to be counted, may exceed a limit.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from tallygate.client.answer import ALLOWED, DENIED, Answer
from tallygate.client.held import HeldAnswers
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


class Decision(NamedTuple):
    """Attributes:
    answer: Whether the call may pass.
    usage: What is to be reported with its response code: of what is counted already, zeros.
    """

    answer: Answer
    usage: Usage


class Authorization:
    """Decides calls of all products."""

    def __init__(self, asker: Asker, reports: Reports, hold_s: float, when_away: WhenAway) -> None:
        """`hold_s`: How long an answer holds; 0 = each call is asked for and counted exactly."""
        self._asker = asker
        self._reports = reports
        self._held = HeldAnswers(hold_s) if hold_s else None
        self._when_away = when_away
        self._known: OrderedDict[tuple[str, Credentials], float] = OrderedDict()

    async def decide(self, product: Product, who: Credentials, usage: Usage) -> Decision:
        """Asks the listener, or remembers."""
        if self._held is not None:
            return await self._batched(self._held, product, who, usage)
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

    async def _batched(
        self, held: HeldAnswers, product: Product, who: Credentials, usage: Usage
    ) -> Decision:
        answer = held.take(product.id, who, usage)
        if answer is None:
            answer = await self._asker.ask(product, "authorize", who, usage)
            if answer is None:
                return Decision(self._away(product, who), usage)
            self._learn(product, who, answer)
            held.put(product.id, who, usage, answer)
        return Decision(answer, usage)

    def _learn(self, product: Product, who: Credentials, answer: Answer) -> None:
        if answer.authorized:
            self._known[product.id, who] = time.monotonic()
            self._known.move_to_end((product.id, who))
            if len(self._known) > KNOWN_AT_MOST:
                self._known.popitem(last=False)
        elif not answer.limited:
            self._known.pop((product.id, who), None)

    def _away(self, product: Product, who: Credentials) -> Answer:
        if self._when_away == "allow":
            return ALLOWED
        since_s = self._known.get((product.id, who))
        is_known = since_s is not None and time.monotonic() - since_s < KNOWN_FOR_S
        return ALLOWED if self._when_away == "known" and is_known else DENIED
