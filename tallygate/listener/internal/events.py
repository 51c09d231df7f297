"""The events that the ledger has raised, until they are deleted."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from tallygate.ledger.contract import Ledger
from tallygate.ledger.events import Alert, Event
from tallygate.listener.internal.answers import DELETED, Answer, not_found, utc_text
from tallygate.listener.internal.request import Request, whole_number
from tallygate.registry.contract import Registry, looked_up
from tallygate.registry.views import ServiceView

Views = Mapping[str, ServiceView | None]

_MAX_ID: Final = 2**63 - 1


class Events:
    """Asks the ledger, and so runs in the event loop's thread."""

    def __init__(self, registry: Registry, ledger: Ledger) -> None:
        self._registry = registry
        self._ledger = ledger

    async def get(self, request: Request) -> Answer:
        """All of them, or those with ids above `after_id`, in the order of their ids.

        Raises:
            OSError: They cannot be read now.
        """
        after = whole_number(request.parameters.get("after_id")) or 0
        events = await self._ledger.events(max(after, 0))
        views = await self._views({event.service for event in events if event.alert is not None})
        # In a thread: where nobody has fetched them for weeks there may be very many.
        text = await asyncio.get_running_loop().run_in_executor(None, self._text, events, views)
        return Answer(200, {"status": "found", "events": msgspec.Raw(text)})

    async def delete(self, request: Request) -> Answer:
        """Raises Refused: there is no such event; OSError: it is still there."""
        number = _id(request.ids["event"])
        if not await self._ledger.delete_events(number, number):
            raise not_found("event not found")
        return DELETED

    async def delete_up_to(self, request: Request) -> Answer:
        """Those up to an id, itself included; none if it is missing or no number. Raises OSError: they are still there."""
        last = _id(request.parameters.get("upto_id"))
        number = await self._ledger.delete_events(1, last)
        return Answer(200, {"status": "deleted", "num_events": number})

    async def _views(self, services: Collection[str]) -> Views:
        registry = self._registry
        registry.refresh()
        while True:
            views = await looked_up(
                registry, lambda: {each: registry.service(each) for each in services}
            )
            if await registry.is_current():
                return views

    def _text(self, events: Sequence[Event], views: Views) -> bytes:
        return msgspec.json.encode([self.shown(event, views) for event in events])

    def shown(self, event: Event, views: Views) -> dict[str, Any]:
        """An event as the protocol has it; `views` are of the services with alerts."""
        timestamp = utc_text(event.time_s)
        return {
            "id": event.id,
            "type": event.kind,
            "timestamp": timestamp,
            "object": _alert(event, event.alert, views) if event.alert else {
                "service_id": event.service,
                "application_id": event.application,
                "timestamp": timestamp,
            },
        }  # fmt: skip


def _id(given: Any) -> int:
    """The event that is meant, as near as there can be one; 0, which none is, for what is no number."""
    return min(max(whole_number(given) or 0, 0), _MAX_ID)


def _alert(event: Event, alert: Alert, views: Views) -> dict[str, Any]:
    view = views[event.service]
    name = view.names.get(alert.metric, alert.metric) if view else alert.metric
    return {
        "id": alert.id,
        "utilization": alert.level,
        "max_utilization": alert.value / alert.maximum,
        "application_id": event.application,
        "service_id": event.service,
        "timestamp": utc_text(event.time_s),
        "limit": f"{name} per {alert.period}: {alert.value}/{alert.maximum}",
    }
