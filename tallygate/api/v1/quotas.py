"""`quotas`: how much each application has used of each of its limits, and how long the rest will last."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import msgspec
from django.http import HttpResponseBase

from tallygate.analytics import cursor, scope
from tallygate.analytics.cursor import Cursor, Whole
from tallygate.analytics.quotas import Chosen, Quota
from tallygate.analytics.quotas import quotas as standing
from tallygate.api.v1 import records
from tallygate.api.v1.answers import FORMAT, Call, shown, streamed
from tallygate.api.v1.asked import LONGEST_PAGE, PAGE
from tallygate.api.v1.tables import Column, Table
from tallygate.catalog.models import Application
from tallygate.domain.calendar import Zone, find_zone
from tallygate.registry.records import PERIODS
from tallygate.web import runtime

Order = Literal["application", "percent"]

NAMES = (
    "product", "application", "account", "plan", "metric", "period", "at_least", "order", "timezone",
    "limit", "cursor",
)  # fmt: skip
ORDERS: tuple[Order, ...] = ("application", "percent")
_AT_ONCE = 500
_COLUMNS = (
    Column("product_id", "whole"), Column("product"),
    Column("application_id", "whole"), Column("application"), Column("application_app_id"),
    Column("account_id", "whole"), Column("account"), Column("plan_id", "whole"), Column("plan"),
    Column("metric"), Column("period"), Column("since", "time"), Column("until", "time"),
    Column("limit", "whole"), Column("used", "whole"), Column("remaining", "whole"),
    Column("percent", "number"), Column("projected_exhaustion", "time"),
)  # fmt: skip


class _After(msgspec.Struct, frozen=True, array_like=True):
    """A place among quotas, as a cursor holds it."""

    percent: float
    application: Whole
    limit: Whole


class _Asked:
    """A question with its pages."""

    def __init__(self, call: Call) -> None:
        """Raises QuestionError: the parameters make no sense."""
        given = call.given
        self.zone = find_zone(given.one("timezone") or call.asker.provider.time_zone)
        self.limit = given.number("limit", 1, LONGEST_PAGE)
        self._question = cursor.question_of(given.fingerprint("cursor", "limit", FORMAT))
        self._now_s = call.now_s
        text = given.one("cursor")
        self._after = None if text is None else cursor.read(text, _After, self._question).after
        whose = scope.read(given, call.asker)
        for name in given.many("metric"):
            whose.named(name)
        self._chosen = Chosen(
            given.many("metric"),
            given.choices("period", PERIODS),
            given.number("at_least", 0, 10_000) or 0,
        )
        self._order = next(o for o in ORDERS if o == (given.choice("order", ORDERS) or ORDERS[0]))
        self._applications = whose.existing.select_related("account", "plan", "product")

    def next_cursor(self, last: Quota) -> str:
        """That of the page behind this one."""
        after = _After(last.percent, last.application.pk, last.id)
        return Cursor(self._question, self._now_s, after).text()

    def found(self) -> Iterator[tuple[int, Quota]]:
        """Until when its numbers are complete, and a quota, one after the other behind the cursor."""
        for complete_until_s, some in self._parts():
            for quota in sorted(filter(self._chosen.has, some), key=self._place):
                if self._after is None or self._place(quota) > self._place_of(self._after):
                    yield complete_until_s, quota

    def _parts(self) -> Iterator[tuple[int, list[Quota]]]:
        """All applications at once where they have to be compared, else some after the other."""
        at_once = None if self._order == "percent" else _AT_ONCE
        behind = self._applications.order_by("pk")
        if at_once is not None and self._after is not None:
            behind = behind.filter(pk__gte=self._after.application)
        while applications := list(behind[:at_once]):
            with runtime.history().snapshot() as now:
                yield now.complete_until_s, list(standing(now, applications))
            if at_once is None:
                return
            behind = behind.filter(pk__gt=applications[-1].pk)

    def _place(self, quota: Quota) -> tuple[float, int, int]:
        return self._place_of(_After(quota.percent, quota.application.pk, quota.id))

    def _place_of(self, after: _After) -> tuple[float, int, int]:
        first = -after.percent if self._order == "percent" else 0.0
        return first, after.application, after.limit


def quotas(call: Call) -> HttpResponseBase:
    """A page of limits as JSON; as a table all of them, or the page if it is limited."""
    asked = _Asked(call)
    limit = asked.limit or (PAGE if call.form == "json" else None)
    found = asked.found()
    if limit is None:
        return _file(call, asked, found)
    page = list(islice(found, limit))
    following = asked.next_cursor(page[-1][1]) if next(found, None) is not None else None
    if call.form != "json":
        return _file(call, asked, iter(page), following)
    complete_until_s = min((until_s for until_s, _ in page), default=call.now_s)
    body = {
        "complete_until": asked.zone.iso(complete_until_s),
        "quotas": [_json(quota, asked.zone) for _, quota in page],
    }
    return shown(body, following)


def _file(
    call: Call, asked: _Asked, found: Iterator[tuple[int, Quota]], following: str | None = None
) -> HttpResponseBase:
    first = list(islice(found, _AT_ONCE))
    complete_until_s = min((until_s for until_s, _ in first), default=call.now_s)

    def parts() -> Iterator[Sequence[Sequence[object]]]:
        some = first
        while some:
            yield [_row(quota) for _, quota in some]
            some = list(islice(found, _AT_ONCE))

    table = Table("quotas", _COLUMNS, asked.zone, parts())
    return streamed(table, call.form, complete_until_s, following)


def _json(quota: Quota, zone: Zone) -> dict[str, Any]:
    application, metric = quota.application, quota.metric
    product = application.product
    return {
        "product": records.product_json(product, product.service_id),
        "application": records.application_json(application, application.application_id),
        "account": records.account_json(application.account),
        "plan": records.plan_json(application.plan),
        "metric": records.metric_json(metric),
        "period": quota.period,
        "since": zone.iso(quota.since_s),
        "until": None if quota.end_s is None else zone.iso(quota.end_s),
        "limit": quota.maximum,
        "used": quota.used,
        "remaining": quota.remaining,
        "percent": quota.percent,
        "exhausted": quota.is_exhausted,
        "projected_exhaustion": None if quota.exhausted_s is None else zone.iso(quota.exhausted_s),
    }


def _row(quota: Quota) -> list[object]:
    application: Application = quota.application
    return [
        application.product.pk, application.product.name,
        application.pk, application.name, application.application_id,
        application.account.pk, application.account.org_name,
        application.plan.pk, application.plan.name,
        quota.metric.system_name, quota.period, quota.since_s, quota.end_s,
        quota.maximum, quota.used, quota.remaining, float(quota.percent), quota.exhausted_s,
    ]  # fmt: skip
