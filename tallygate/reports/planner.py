"""From subscriptions to deliveries: what is due is claimed, once.

A claim names recipient, product and period; the database has each once. So it does not matter how many
planners there are, where one of them stops, what the clock says, or how often a subscription is changed: nothing is
planned twice. What became due while nothing ran is planned when something runs again, up to `GRACE_S` late.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from django.db import transaction
from django.db.models import Q

from tallygate.domain import schedule
from tallygate.domain.schedule import Due, Period
from tallygate.reports.models import Delivery, Subscription

GRACE_S: dict[Period, int] = {"day": 3 * 86_400, "week": 10 * 86_400, "month": 35 * 86_400}
"""So late a report still makes sense."""

_LONGEST_WAIT_S: dict[Period, int] = {"day": 3 * 86_400, "week": 16 * 86_400, "month": 66 * 86_400}
"""No report is further ahead: where it seems to be, the clock has gone back."""

AT_ONCE = 200
"""So many subscriptions are planned in one transaction: others write to the catalog, too."""


def plan(now_s: int) -> int:
    """Claims all that is due. Returns how many subscriptions were looked at."""
    asked = Q(check_at_s__lte=now_s)
    for period, wait_s in _LONGEST_WAIT_S.items():
        asked |= Q(period=period, check_at_s__gt=now_s + wait_s)
    keys = list(Subscription.objects.filter(asked).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        _plan(keys[start : start + AT_ONCE], now_s)
    return len(keys)


def _plan(keys: list[int], now_s: int) -> None:
    with transaction.atomic():
        found = list(
            Subscription.objects.filter(pk__in=keys).select_related("user__provider", "product")
        )
        Delivery.objects.bulk_create(
            [delivery for each in found for delivery in _due(each, now_s)], ignore_conflicts=True
        )
        for each in found:
            following = schedule.next_due(each.schedule, now_s)
            each.first_day = each.first_day or following.first_day
            each.check_at_s = following.at_s
        _set(found)


def _set(found: Iterable[Subscription]) -> None:
    """Not through `save`: nothing about them has changed that anybody decided."""
    for each in found:
        Subscription.objects.filter(pk=each.pk).update(
            first_day=each.first_day, check_at_s=each.check_at_s
        )


def _due(subscription: Subscription, now_s: int) -> Iterator[Delivery]:
    if subscription.first_day is None:
        return  # nobody has waited for it yet
    for due in schedule.due(subscription.schedule, now_s - GRACE_S[subscription.period], now_s):
        if due.first_day >= subscription.first_day:
            yield delivery(subscription, due)


def delivery(subscription: Subscription, due: Due) -> Delivery:
    """The delivery of a subscription's report, not saved."""
    user, product_id = subscription.user, subscription.product_id
    return Delivery(
        provider_id=user.provider_id,
        claim=claim(user.pk, product_id, subscription.period, due.first_day),
        subscription=subscription,
        user=user,
        email=user.email,
        product_id=product_id,
        period=subscription.period,
        time_zone=subscription.zone_name,
        first_day=due.first_day,
        since_s=due.since_s,
        until_s=due.until_s,
        due_s=due.at_s,
        next_at_s=due.at_s,
    )


def claim(user_id: int, product_id: int | None, period: str, first_day: date) -> str:
    """What names a report for one recipient about one period."""
    return f"user {user_id}: {period} of {first_day}, {product_id or 'all products'}"
