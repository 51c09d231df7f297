"""The stats of a service: all that was counted of it."""

from typing import Final

from tallygate.ledger.contract import Ledger
from tallygate.listener.internal.answers import Answer
from tallygate.listener.internal.request import Request
from tallygate.listener.internal.utilization import find_service
from tallygate.registry.contract import Registry, looked_up

_TO_BE_DELETED: Final = Answer(200, {"status": "to_be_deleted"})


class Stats:
    """Asks the ledger, and so runs in the event loop's thread."""

    def __init__(self, registry: Registry, ledger: Ledger) -> None:
        self._registry = registry
        self._ledger = ledger

    async def delete(self, request: Request) -> Answer:
        """Limits begin at zero again at once; the history deletes when it comes to this place of the log.

        Raises:
            Refused: There is no such service.
            OSError: The ledger cannot be reached now.
        """
        registry = self._registry
        registry.refresh()
        view = await looked_up(registry, lambda: find_service(registry, request.ids["service"]))
        await self._ledger.forget(view.service.id)
        return _TO_BE_DELETED
