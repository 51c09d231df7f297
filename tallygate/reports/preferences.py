"""Notification preferences and subscriptions say the same.

`daily_report` and `weekly_report` are a user's preferences in the Account Management API. Each stands for a
subscription to a report on all products: set, there is one; unset, there is none.
"""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from tallygate.catalog.models import User
from tallygate.catalog.notifications import preferences
from tallygate.reports.models import Subscription

PREFERENCES = {"daily_report": Subscription.Period.DAY, "weekly_report": Subscription.Period.WEEK}
"""Name of the preference -> the period of the report that it stands for."""


def connect() -> None:
    """From now on each saved user has the subscriptions that they prefer."""
    post_save.connect(_saved, sender=User, dispatch_uid="report preferences")


def follow(user: User) -> None:
    """Makes the subscriptions that the user prefers, and ends those that they do not prefer any more."""
    wanted = preferences(user.notifications)
    for name, period in PREFERENCES.items():
        found = user.report_subscriptions.filter(product=None, period=period)
        if not wanted[name]:
            found.filter(by_preference=True).delete()
        elif not found.exists():
            made = Subscription(user=user, period=period, by_preference=True)
            if made.reader() is not None:
                made.save()


def end(subscription: Subscription) -> None:
    """Ends a subscription, and with it the preference that it stands for."""
    name = next((name for name, each in PREFERENCES.items() if each == subscription.period), "")
    with transaction.atomic():
        user = subscription.user
        by_preference = subscription.by_preference
        subscription.delete()
        if by_preference and name:
            user.notifications = {**user.notifications, name: False}
            user.save()


def _saved(instance: User, raw: bool = False, **_options: Any) -> None:
    if not raw:
        follow(instance)
