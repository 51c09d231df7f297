"""Endpoints of the Internal API that exist in test mode only: whoever tests a client of it puts events and errors there."""

from typing import Any

from tallygate.integration_errors.record import Context
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.ledger.events import Event
from tallygate.listener.internal.answers import Answer, invalid, utc_text
from tallygate.listener.internal.api import InternalApi
from tallygate.listener.internal.events import Events, Views
from tallygate.listener.internal.request import Request
from tallygate.listener.internal.utilization import find_service
from tallygate.registry.contract import Registry
from tallygate.test_mode.ledger import RewindableLedger

_CREATED = Answer(201, {"status": "created"})


class PostedEvents(Events):
    """The events of the ledger, and those that were put there, which are told as they were given."""

    def __init__(self, registry: Registry, ledger: RewindableLedger) -> None:
        super().__init__(registry, ledger)
        self._rewindable = ledger
        self._objects: dict[int, Any] = {}

    async def post(self, request: Request) -> Answer:
        """Raises Refused: they are no list of objects with `type` and `object`."""
        given = request.items("events")
        for each in given:
            if not isinstance(each, dict) or not isinstance(each.get("type"), str):
                raise invalid("events")
        for each in given:
            self._objects[self._rewindable.put_event(each["type"])] = each.get("object")
        return _CREATED

    def shown(self, event: Event, views: Views) -> dict[str, Any]:
        if event.id not in self._objects:
            return super().shown(event, views)
        return {
            "id": event.id,
            "type": event.kind,
            "timestamp": utc_text(event.time_s),
            "object": self._objects[event.id],
        }

    def clear(self) -> None:
        """None was put there."""
        self._objects.clear()


class PostedErrors:
    """Puts errors of the code `error`."""

    def __init__(self, registry: Registry, recorder: ErrorRecorder) -> None:
        self._registry = registry
        self._recorder = recorder

    async def post(self, request: Request) -> Answer:
        """Raises Refused: there is no such service, or they are no list of texts."""
        self._registry.refresh()
        service = find_service(self._registry, request.ids["service"]).service.id
        messages = request.items("errors")
        if not all(isinstance(each, str) for each in messages):
            raise invalid("errors")
        for message in messages:
            put_error(self._recorder, service, "error", message)
        return _CREATED


def put_error(recorder: ErrorRecorder, service: str, code: str, message: str) -> None:
    recorder.record(service, code, message, lambda: Context(endpoint="", method="", client=""))


def add_endpoints(api: InternalApi, events: PostedEvents, errors: PostedErrors) -> None:
    api.add("GET", "/events/", events.get)
    api.add("POST", "/events/", events.post)
    api.add("POST", "/services/{service}/errors/", errors.post)
