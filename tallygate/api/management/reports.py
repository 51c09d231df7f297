"""Reports by e-mail: who gets which, when, and what became of them."""

from datetime import UTC, datetime
from functools import partial

from django.db.models import QuerySet

from tallygate.api.management.answer import Answer, Done, Listed, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import JSON_ONLY, Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import (
    CREATED_AT,
    UPDATED_AT,
    Representation,
    field,
)
from tallygate.catalog.models import User
from tallygate.reports import outbox
from tallygate.reports.models import Delivery, Subscription
from tallygate.reports.ordering import order_again
from tallygate.reports.preferences import end
from tallygate.web import runtime, scheduler

GROUP = "Reports"

REPORT = Representation(
    "report",
    "reports",
    (
        field("id", int, "pk"),
        field("user_id", int),
        field("service_id", int, "product_id", null=True),
        field("period"),
        field("hour", int),
        field("minute", int),
        field("weekday", int),
        field("monthday", int),
        field("time_zone", str, "zone_name"),
        field("by_preference", bool),
        CREATED_AT,
        UPDATED_AT,
    ),
)
DELIVERY = Representation(
    "report_delivery",
    "report_deliveries",
    (
        field("id", int, "pk"),
        field("report_id", int, "subscription_id", null=True),
        field("user_id", int, null=True),
        field("email"),
        field("service_id", int, "product_id", null=True),
        field("period"),
        field("since", datetime, lambda each: datetime.fromtimestamp(each.since_s, UTC)),
        field("until", datetime, lambda each: datetime.fromtimestamp(each.until_s - 1, UTC)),
        field("time_zone"),
        field("state"),
        field("reason"),
        field("attempts", int),
        field("due_at", datetime, lambda each: datetime.fromtimestamp(each.due_s, UTC)),
    ),
)
PARAMETERS = (
    Parameter("period", required=True, choices=tuple(Subscription.Period.values)),
    Parameter(
        "service_id", Kind.INTEGER, "The product; all that the user may see if left out.", attribute=None
    ),
    Parameter("hour", Kind.INTEGER, "From 0 to 23, in the time zone."),
    Parameter("minute", Kind.INTEGER),
    Parameter("weekday", Kind.INTEGER, "Of a weekly report: 0 is Monday."),
    Parameter("monthday", Kind.INTEGER, "Of a monthly report: from 1 to 28."),
    Parameter("time_zone", description="An IANA name; the provider's if left out."),
)  # fmt: skip


def _own(call: Call) -> QuerySet[Subscription]:
    return _of(call.user())


def _of_user(call: Call) -> QuerySet[Subscription]:
    return _of(_user(call))


def _of(user: User) -> QuerySet[Subscription]:
    found = Subscription.objects.filter(user=user).order_by("pk")
    return found.select_related("user__provider", "product")


def _user(call: Call) -> User:
    found: User = one(call.asker.users(), call.ids["user_id"])
    return found


def _set_product(subscription: Subscription, call: Call) -> None:
    if "service_id" in call.given:
        key = call.given["service_id"]
        subscription.product = None if key is None else one(call.asker.products(), key)


class _Reports(Records):
    """Ending one ends the preference that it stands for."""

    def destroy(self, call: Call) -> Answer:
        end(self.one(call))
        return Done()


OWN = _Reports(REPORT, "report_id", _own, lambda call: Subscription(user=call.user()), PARAMETERS, _set_product)  # fmt: skip
OF_USER = _Reports(REPORT, "report_id", _of_user, lambda call: Subscription(user=_user(call)), PARAMETERS, _set_product)  # fmt: skip


def send(call: Call) -> Answer:
    """Now, about the last whole period; it is sent beside those that come by themselves."""
    delivery = order_again(OWN.one(call), runtime.clock().now_s())
    scheduler.wake()
    return Shown(DELIVERY, delivery, status=201)


def deliveries(call: Call) -> Answer:
    """One's own, the newest first."""
    records, pages = call.page(_deliveries(call))
    return Listed(DELIVERY, records, pages)


def deliver_again(call: Call) -> Answer:
    """Of one that came to its end; one that is still under way stays as it is."""
    delivery = one(_deliveries(call), call.ids["delivery_id"])
    outbox.send_again(delivery, runtime.clock().now_s())
    scheduler.wake()
    delivery.refresh_from_db()
    return Shown(DELIVERY, delivery, status=201)


def _deliveries(call: Call) -> QuerySet[Delivery]:
    return Delivery.objects.filter(user=call.user()).order_by("-due_s", "-pk")


_EACH = partial(Endpoint, ability="own", group=GROUP, shape=DELIVERY, formats=JSON_ONLY)
_PATH, _DELIVERIES = "personal/reports", "personal/report_deliveries"

ENDPOINTS = (
    *endpoints(
        _PATH, OWN, group=GROUP, what="report of one's own", see="own", edit="own",
        formats=JSON_ONLY, wrapper="report",
    ),
    _EACH("POST", f"{_PATH}/{{report_id}}/send", send, summary="Have a report sent now"),
    *endpoints(
        "users/{user_id}/reports", OF_USER, group=GROUP, what="report of a user",
        see="manage_users", edit="manage_users", formats=JSON_ONLY, wrapper="report",
    ),
    _EACH(
        "GET", _DELIVERIES, deliveries, summary="List what became of one's reports", many=True,
        paged=True,
    ),
    _EACH(
        "POST", f"{_DELIVERIES}/{{delivery_id}}/send", deliver_again, summary="Send a report again"
    ),
)  # fmt: skip
