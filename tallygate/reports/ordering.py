"""A report that somebody asks for now, beside those that come by themselves."""

import uuid

from tallygate.catalog.models import Product, User
from tallygate.domain.calendar import find_zone
from tallygate.domain.schedule import Period, Schedule, period_of
from tallygate.reports.models import Delivery, Subscription


def order(
    user: User,
    product: Product | None,
    period: Period,
    now_s: int,
    *,
    time_zone: str = "",
    to: str = "",
) -> Delivery:
    """Has the report about the last whole period sent, once; to the user unless another address is given."""
    zone = find_zone(time_zone or user.provider.time_zone)
    schedule = Schedule(period, zone, hour=0)
    about = period_of(schedule, period_of(schedule, now_s).since_s - 1)
    return Delivery.objects.create(
        provider_id=user.provider_id,
        claim=f"asked for: {uuid.uuid4().hex}",
        user=user,
        email=to or user.email,
        product=product,
        period=period,
        time_zone=zone.name,
        first_day=about.first_day,
        since_s=about.since_s,
        until_s=about.until_s,
        due_s=now_s,
        next_at_s=now_s,
    )


def order_again(subscription: Subscription, now_s: int) -> Delivery:
    """The report of a subscription, about its last whole period."""
    return order(
        subscription.user,
        subscription.product,
        subscription.period,
        now_s,
        time_zone=subscription.zone_name,
    )
