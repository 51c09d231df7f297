"""The integration errors of a service."""

import contextlib
from typing import Any, Final

from tallygate.integration_errors.record import Group
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.integration_errors.store import FAILURES
from tallygate.listener.internal.answers import DELETED, Answer, Refused, utc_text
from tallygate.listener.internal.request import Request, whole_number
from tallygate.listener.internal.routing import Endpoint
from tallygate.listener.internal.utilization import find_service
from tallygate.registry.contract import Registry, looked_up

DEFAULT_PER_PAGE: Final = 100
MAX_PER_PAGE: Final = 1_000
_MAX_PAGE: Final = 10**9


class Errors:
    """Asks the recorder, which knows those that are not yet on disk, and so runs in the event loop's thread."""

    def __init__(self, registry: Registry, recorder: ErrorRecorder) -> None:
        self._registry = registry
        self._recorder = recorder

    async def get(self, request: Request) -> Answer:
        """A page of them, the newest first; `count` is how many there are in all.

        Raises:
            Refused: There is no such service, or the size of a page makes no sense.
        """
        service_id = await self._service_id(request)
        given = request.parameters
        per_page = whole_number(given.get("per_page", DEFAULT_PER_PAGE)) or 0
        if per_page <= 0:
            raise Refused(400, "per_page needs to be > 0", word=None)
        page = min(max(whole_number(given.get("page", 1)) or 1, 1), _MAX_PAGE)
        try:
            found = await self._recorder.page(service_id, page, min(per_page, MAX_PER_PAGE))
        except FAILURES as error:
            raise _unreadable(error) from error
        errors = [_shown(group) for group in found.groups]
        return Answer(200, {"status": "found", "errors": errors, "count": found.total})

    async def delete(self, request: Request) -> Answer:
        """Forgets them.

        Raises:
            Refused: There is no such service.
        """
        try:
            await self._recorder.delete(await self._service_id(request))
        except FAILURES as error:
            raise _unreadable(error) from error
        return DELETED

    def forgotten_after(self, delete_service: Endpoint) -> Endpoint:
        """The endpoint that deletes a service, with its errors."""

        async def delete(request: Request) -> Answer:
            answer = await delete_service(request)
            with contextlib.suppress(*FAILURES):  # they go when their time is over
                await self._recorder.delete(request.ids["service"])
            return answer

        return delete

    async def _service_id(self, request: Request) -> str:
        self._registry.refresh()
        view = await looked_up(
            self._registry, lambda: find_service(self._registry, request.ids["service"])
        )
        return view.service.id


def _unreadable(error: Exception) -> Refused:
    return Refused(503, f"the integration errors cannot be reached now: {error}")


def _shown(group: Group) -> dict[str, Any]:
    """The protocol's four fields, then ours."""
    context = group.context
    return {
        "code": group.code,
        "message": group.message,
        "timestamp": utc_text(group.last_ms // 1000),
        "context_info": {
            "url": context.endpoint,
            "method": context.method,
            "user_agent": context.user_agent,
            "ip": context.client,
            "request_id": context.request_id,
            "credential": context.credential,
            "metric": context.metric,
            "parameters": context.parameters,
        },
        "first_timestamp": utc_text(group.first_ms // 1000),
        "count": group.count,
    }
