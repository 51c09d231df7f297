"""How much of its limits an application has used: the ledger's own values."""

from tallygate.domain.limits import PERIOD_BY_NAME
from tallygate.ledger.call import LimitOn
from tallygate.ledger.embedded import Ledger
from tallygate.listener.internal.answers import Answer, not_found
from tallygate.listener.internal.request import Request
from tallygate.registry.reader import Registry


class Utilization:
    """Asks the ledger, and so runs in the event loop's thread."""

    def __init__(self, registry: Registry, ledger: Ledger) -> None:
        self._registry = registry
        self._ledger = ledger

    async def get(self, request: Request) -> Answer:
        """The limits of the application's plan in the protocol's order, with their current values.

        Raises:
            Refused: There is no such service, or no such application.
        """
        self._registry.refresh()
        view = self._registry.service(request.ids["service"])
        if view is None:
            raise not_found("service not found")
        found = self._registry.application(view.service.id, request.ids["application"])
        if found is None:
            raise not_found("application not found")
        limits = view.limits(found.application.plan_id)
        values = self._ledger.utilization(
            view.service.id,
            found.application.id,
            [LimitOn(each.metric_id, PERIOD_BY_NAME[each.period], each.value) for each in limits],
        )
        utilization = [
            {
                "period": limit.period,
                "metric_name": view.names[limit.metric_id],
                "max_value": limit.value,
                "current_value": value,
            }
            for limit, value in zip(limits, values, strict=True)
        ]
        return Answer(200, {"status": "found", "utilization": utilization})
