"""Which delivery is whose to send, and what becomes of it: each step is one conditional statement.

Only who holds a delivery takes it from `sending` to `handing_over`, and it is there once for each
attempt: so two processes never hand over the same one, even if the clock of one of them is wrong.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from tallygate.mail import Delivered, Outcome, Refused, Unclear
from tallygate.reports.models import Delivery

LEASE_S = 600
"""So long a process may work on one batch; a batch is what can be sent much faster."""

BACK_OFF_S = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600)
"""How long to wait after each failed attempt; then always the last."""

GIVE_UP_AFTER_S = 86_400
"""After its due time a report is tried for so long."""

ENDED = "the process ended while the mail server was taking it: it may have arrived"

_State = Delivery.State


class Outbox:
    """The deliveries as one process of one scheduler sees them."""

    def __init__(self, holder: str | None = None) -> None:
        self.holder = holder or uuid.uuid4().hex

    def take(self, now_s: int, most: int) -> list[Delivery]:
        """The next deliveries to be made, now this process's; those about the same numbers beside each other."""
        self._give_up_unclear(now_s)
        keys = list(
            Delivery.objects.filter(_due(now_s))
            .order_by("provider_id", "since_s", "period", "time_zone", "product_id", "pk")
            .values_list("pk", flat=True)[:most]
        )
        taken = {
            "state": _State.SENDING,
            "holder": self.holder,
            "lease_until_s": now_s + LEASE_S,
        }
        Delivery.objects.filter(_due(now_s), pk__in=keys).update(**taken)
        mine = Delivery.objects.filter(pk__in=keys, holder=self.holder, state=_State.SENDING)
        found = {
            each.pk: each
            for each in mine.select_related("user__provider", "provider", "product", "subscription")
        }
        return [found[key] for key in keys if key in found]

    def hand_over(self, delivery: Delivery) -> bool:
        """Whether this process may hand it over; from now on nobody else will."""
        return self._change(delivery, (_State.SENDING,), state=_State.HANDING_OVER)

    def record(self, delivery: Delivery, outcome: Outcome, now_s: int) -> None:
        """What the mail server said to it."""
        tried = {"attempts": delivery.attempts + 1}
        if isinstance(outcome, Delivered):
            self._end(delivery, _State.SENT, outcome.reason, now_s, **tried)
        elif isinstance(outcome, Refused):
            self._end(delivery, _State.FAILED, outcome.reason, now_s, **tried)
        elif isinstance(outcome, Unclear):
            self._end(delivery, _State.UNCLEAR, outcome.reason, now_s, **tried)
        else:
            self.retry(delivery, outcome.reason, now_s)

    def retry(self, delivery: Delivery, reason: str, now_s: int) -> None:
        """Puts it off; gives it up when it was tried for long enough."""
        if now_s > delivery.due_s + GIVE_UP_AFTER_S:
            self._end(delivery, _State.FAILED, f"given up after a day: {reason}"[:500], now_s)
            return
        wait_s = BACK_OFF_S[min(delivery.attempts, len(BACK_OFF_S) - 1)]
        self._change(
            delivery,
            (_State.SENDING, _State.HANDING_OVER),
            state=_State.WAITING,
            next_at_s=now_s + wait_s,
            reason=reason[:500],
            attempts=delivery.attempts + 1,
            lease_until_s=0,
        )

    def keep(self, delivery: Delivery, state: str, reason: str, now_s: int) -> None:
        """Ends it without sending: it is kept for the portal, or withheld."""
        self._end(delivery, state, reason, now_s)

    def put_back(self, deliveries: Sequence[Delivery]) -> None:
        """Leaves those that were not begun to others."""
        Delivery.objects.filter(
            pk__in=[each.pk for each in deliveries], holder=self.holder, state=_State.SENDING
        ).update(state=_State.WAITING, lease_until_s=0)

    def _end(self, delivery: Delivery, state: str, reason: str, now_s: int, **more: int) -> None:
        # Of one that another process took for unclear, what became of it is known by now.
        self._change(
            delivery,
            (_State.SENDING, _State.HANDING_OVER, _State.UNCLEAR),
            state=state,
            reason=reason[:500],
            done_s=now_s,
            lease_until_s=0,
            **more,
        )

    def _change(self, delivery: Delivery, states: Sequence[str], **values: Any) -> bool:
        mine = Delivery.objects.filter(pk=delivery.pk, holder=self.holder, state__in=states)
        return mine.update(**values) == 1

    def _give_up_unclear(self, now_s: int) -> None:
        Delivery.objects.filter(_expired(now_s), state=_State.HANDING_OVER).update(
            state=_State.UNCLEAR, reason=ENDED, done_s=now_s
        )


def send_again(delivery: Delivery, now_s: int) -> bool:
    """Has a delivery that came to its end sent once more, because somebody asks for it."""
    done = Delivery.objects.filter(pk=delivery.pk).exclude(state__in=Delivery.OPEN)
    values = {"state": _State.WAITING, "next_at_s": now_s, "due_s": now_s, "attempts": 0}
    return done.update(**values, done_s=None, holder="", reason="") == 1


def _due(now_s: int) -> Q:
    """Those to be sent; a time that is too far ahead was set by a clock that has gone back since."""
    waiting = Q(state=_State.WAITING) & (
        Q(next_at_s__lte=now_s) | Q(next_at_s__gt=now_s + BACK_OFF_S[-1])
    )
    return waiting | (Q(state=_State.SENDING) & _expired(now_s))


def _expired(now_s: int) -> Q:
    return Q(lease_until_s__lt=now_s) | Q(lease_until_s__gt=now_s + LEASE_S)
