"""How much of its limits an application has used: the ledger's own values."""

from collections.abc import Mapping

from tallygate.ledger.contract import Ledger
from tallygate.listener.internal.answers import Answer, not_found
from tallygate.listener.internal.request import Request
from tallygate.listener.watching import limits_of
from tallygate.registry.contract import Registry, looked_up
from tallygate.registry.views import ApplicationView, ServiceView


class Utilization:
    """Asks the ledger, and so runs in the event loop's thread."""

    def __init__(self, registry: Registry, ledger: Ledger) -> None:
        self._registry = registry
        self._ledger = ledger

    async def get(self, request: Request) -> Answer:
        """The limits of the application's plan in the protocol's order, with their current values.

        Raises:
            Refused: There is no such service, or no such application.
            OSError: The ledger cannot be reached now.
        """
        registry = self._registry
        registry.refresh()
        view, application = await looked_up(registry, lambda: find(registry, request.ids))
        limits = view.limits(application.application.plan_id)
        values = await self._ledger.utilization(
            view.service.id, application.application.id, limits_of(view, application)
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


def find(registry: Registry, ids: Mapping[str, str]) -> tuple[ServiceView, ApplicationView]:
    """The service and the application that the path names.

    Raises:
        Refused: There is none.
        NotLoaded
    """
    view = find_service(registry, ids["service"])
    application = registry.application(view.service.id, ids["application"])
    if application is None:
        raise not_found("application not found")
    return view, application


def find_service(registry: Registry, service_id: str) -> ServiceView:
    """Raises Refused: there is none; NotLoaded."""
    view = registry.service(service_id)
    if view is None:
        raise not_found("service not found")
    return view
