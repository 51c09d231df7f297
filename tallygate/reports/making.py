"""Making a report: from what it is about to what can be sent."""

from dataclasses import replace

from tallygate.catalog.access import Principal, for_user
from tallygate.catalog.errors import Refused
from tallygate.domain.schedule import Period
from tallygate.history import History
from tallygate.integration_errors.opening import opened
from tallygate.integration_errors.store import FAILURES
from tallygate.reports import coming, figures
from tallygate.reports.about import About
from tallygate.reports.document import document
from tallygate.reports.figures import Problem
from tallygate.reports.models import Delivery
from tallygate.reports.rendered import Rendered
from tallygate.settings import Settings

_LOOKED_AT, _NAMED = 200, 8
"""So many of the newest integration errors are looked at, and so many of them named."""


def report(history: History, about: About, now_s: int, settings: Settings) -> Rendered:
    """
    Raises:
        HistoryUnavailable: The numbers cannot be read now.
    """
    with history.snapshot() as snapshot:
        found = figures.ask(snapshot, about)
        known = coming.days(snapshot, about)
        near = coming.near_limits(snapshot, about, now_s)
    found = replace(found, near=near, problems=_problems(settings, about, now_s))
    return Rendered(found, document(found, now_s, coming.sentences(about, known)))


def _problems(settings: Settings, about: About, now_s: int) -> list[Problem]:
    """Integration errors that came in the period; none where they cannot be read now: a report comes without them."""
    window = about.window
    try:
        with opened(settings) as store:
            groups = store.newest(list(about.products), now_s * 1000, _LOOKED_AT)
    except FAILURES:
        return []
    return [
        Problem(
            each.message,
            "" if about.product else about.products[each.service].name,
            each.count,
            each.last_ms // 1000,
        )
        for each in groups
        if window.since_s * 1000 <= each.last_ms < window.edges_s[-1] * 1000
    ][:_NAMED]


def about(delivery: Delivery) -> About | None:
    """What a delivery is about; None when its recipient may not see it any more."""
    if delivery.user is None:
        return None
    try:
        principal = for_user(delivery.user)
    except Refused:
        return None
    if not may_see(principal, delivery.product_id):
        return None
    return About(
        principal, delivery.product, _period(delivery), delivery.time_zone, delivery.since_s
    )


def may_see(principal: Principal, product_id: int | None) -> bool:
    """Whether they may see a report on the product; on all that they may see, where none is named."""
    if not principal.may("see_analytics"):
        return False
    return product_id is None or principal.products().filter(pk=product_id).exists()


def _period(delivery: Delivery) -> Period:
    return delivery.period  # type: ignore[no-any-return]
