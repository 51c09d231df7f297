"""Which applications are near the end of a limit now, by the periods of the UTC calendar as the ledger keeps them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Min

from tallygate.catalog.models import Application, Limit, Metric
from tallygate.console.overview.scope import Scope
from tallygate.domain import limits
from tallygate.domain.calendar import running
from tallygate.history import Question, Ranking, Snapshot, metric_series

PERCENT = 80
"""From here on a limit is nearly used up."""
MOST = 20
CANDIDATES = 2_000
"""Of each period so many lines are looked at: those that count most, where so many are near the smallest limit."""
LOOKED_UP = 250
"""Applications that one query looks up."""
ROUNDS = 4

_PERIODS = tuple(name for name in limits.PERIOD_BY_NAME if name != "minute")
"""A minute is over before anybody has read the page."""


@dataclass(frozen=True, slots=True)
class Near:
    """A limit that is nearly used up, or is.

    Attributes:
        ends_s: When the period is over, UTC seconds; None: never.
    """

    application: Application
    metric: Metric
    period: str
    used: int
    maximum: int
    ends_s: int | None

    @property
    def percent(self) -> float:
        return self.used / self.maximum * 100

    @property
    def bar(self) -> str:
        """The same, cut to what can be drawn."""
        return f"{min(self.percent, 100):.2f}"

    @property
    def is_over(self) -> bool:
        return self.used >= self.maximum

    @property
    def ends_at(self) -> datetime | None:
        return None if self.ends_s is None else datetime.fromtimestamp(self.ends_s, UTC)


class _Counted(NamedTuple):
    """What an application has counted on a metric in the running period.

    Attributes:
        smallest: The smallest limit that any plan has for it.
    """

    product: str
    application: str
    metric_id: int
    period: str
    used: int
    smallest: int


def nearest(snapshot: Snapshot, scope: Scope, now_s: int) -> list[Near]:
    """Those that have used most of a limit, the fullest first; at most as many questions as there are periods.

    Raises:
        HistoryUnavailable: The history cannot answer now.
    """
    smallest = _smallest(scope)
    counted = [
        each
        for period in _PERIODS
        if period in smallest
        for each in _counted(snapshot, scope, period, smallest[period], now_s)
    ]
    counted.sort(key=lambda each: -each.used / each.smallest)
    found: list[Near] = []
    for start in range(0, min(len(counted), LOOKED_UP * ROUNDS), LOOKED_UP):
        chunk = counted[start : start + LOOKED_UP]
        found += _near(scope, chunk, now_s)
        found.sort(key=lambda near: -near.percent)
        best_to_come = counted[start + LOOKED_UP :][:1]
        if len(found) >= MOST and all(
            each.used / each.smallest * 100 <= found[MOST - 1].percent for each in best_to_come
        ):
            break
    return found[:MOST]


def _smallest(scope: Scope) -> dict[str, dict[int, int]]:
    """Of the limits that plans have for a metric in a period the smallest: period -> metric -> maximum."""
    rows = (
        Limit.objects.filter(plan__product__in=scope.query(), value__gt=0, period__in=_PERIODS)
        .order_by()
        .values_list("period", "metric_id")
        .annotate(Min("value"))
    )
    found: dict[str, dict[int, int]] = {}
    for period, metric_id, value in rows:
        found.setdefault(period, {})[metric_id] = value
    return found


def _counted(
    snapshot: Snapshot, scope: Scope, period: str, smallest: Mapping[int, int], now_s: int
) -> Iterator[_Counted]:
    metrics = {metric_series(str(key)): key for key in smallest}
    question = Question(
        tuple(metrics),
        running(period, now_s),
        product=scope.services,
        split=("series", "product", "application"),
    )
    least = min(smallest.values()) * PERCENT // 100
    for place in snapshot.rank(Ranking(question, most=CANDIDATES, least=max(least, 1))):
        series, product, application = place.names
        metric_id = metrics[series]
        if place.total * 100 >= smallest[metric_id] * PERCENT:
            yield _Counted(
                product, application, metric_id, period, place.total, smallest[metric_id]
            )


def _near(scope: Scope, counted: list[_Counted], now_s: int) -> Iterator[Near]:
    """Those of these that are near the limit of their own plan."""
    applications = {
        (str(each.product_id), each.application_id): each
        for each in Application.objects.filter(
            product__in={scope.products[each.product].pk for each in counted},
            application_id__in={each.application for each in counted},
        ).select_related("account", "product")
    }
    own = {
        (limit.plan_id, limit.metric_id, limit.period): limit
        for limit in Limit.objects.filter(
            plan__in={each.plan_id for each in applications.values()},
            metric__in={each.metric_id for each in counted},
            value__gt=0,
        ).select_related("metric")
    }
    for each in counted:
        application = applications.get((each.product, each.application))
        limit = application and own.get((application.plan_id, each.metric_id, each.period))
        if application and limit and each.used * 100 >= limit.value * PERCENT:
            ends_s = None if each.period == "eternity" else running(each.period, now_s).edges_s[-1]
            yield Near(application, limit.metric, each.period, each.used, limit.value, ends_s)
