"""Making a report: from what it is about to what can be sent."""

from tallygate.catalog.access import Principal, for_user
from tallygate.catalog.errors import Refused
from tallygate.domain.schedule import Period
from tallygate.history import History
from tallygate.reports import figures
from tallygate.reports.about import About
from tallygate.reports.document import document
from tallygate.reports.models import Delivery
from tallygate.reports.rendered import Rendered
from tallygate.settings import Settings


def report(history: History, about: About, now_s: int, settings: Settings) -> Rendered:
    """
    Raises:
        HistoryUnavailable: The numbers cannot be read now.
    """
    with history.snapshot() as snapshot:
        found = figures.ask(snapshot, about)
    return Rendered(found, document(found, now_s))


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
