"""The Internal API's HTTP face: who may call, what was sent, which endpoint answers."""

from typing import Any, Final

import msgspec

from tallygate.domain.clock import Clock
from tallygate.domain.errors import ProtocolError
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.ledger.contract import Ledger
from tallygate.listener.body import read_body
from tallygate.listener.console import Console
from tallygate.listener.internal.answers import Answer, Refused, not_found
from tallygate.listener.internal.auth import BasicAuth
from tallygate.listener.internal.errors import Errors
from tallygate.listener.internal.events import Events
from tallygate.listener.internal.provisioning import Provisioning
from tallygate.listener.internal.request import Request, read_parameters
from tallygate.listener.internal.routes import routes
from tallygate.listener.internal.routing import Endpoint
from tallygate.listener.internal.stats import Stats
from tallygate.listener.internal.usage import Usage
from tallygate.listener.internal.utilization import Utilization
from tallygate.registry.contract import Registry
from tallygate.registry.store import Stores
from tallygate.settings import Settings

_PREFIX: Final = "/internal"
_MAX_BYTES: Final = 4 * 1024 * 1024
_HEADERS: Final = [("content-type", "application/json"), ("x-content-type-options", "nosniff")]
_UNAUTHORIZED: Final = [
    ("content-type", "text/plain"), ("www-authenticate", 'Basic realm=""'), ("content-length", "0"),
]  # fmt: skip


class InternalApi:
    """Answers what is under `/internal`."""

    def __init__(
        self,
        registry: Registry,
        stores: Stores,
        ledger: Ledger,
        recorder: ErrorRecorder,
        console: Console,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._auth = BasicAuth(settings)
        self._provisioning = Provisioning(stores)
        self._router = routes(
            self._provisioning,
            Utilization(registry, ledger),
            Usage(registry, console, clock),
            Stats(registry, ledger),
            Errors(registry, recorder),
            Events(registry, ledger),
        )

    @property
    def routes(self) -> set[tuple[str, str]]:
        """Method and path of all that it answers, as `Listener.routes`."""
        return {(method, _PREFIX + pattern) for method, pattern in self._router.patterns}

    async def answer(self, scope: Any, protocol: Any) -> None:
        headers = scope.headers
        if not self._auth.admits(headers.get("authorization")):
            protocol.response_empty(401, _UNAUTHORIZED)
            return
        try:
            answer = await self._answer(scope, protocol)
        except Refused as refused:
            answer = refused.answer
        except OSError as error:
            answer = Refused(503, f"the ledger cannot be used now: {error.strerror}").answer
        except ProtocolError as error:
            answer = Refused(error.status, error.message).answer
        protocol.response_bytes(answer.status, _HEADERS, msgspec.json.encode(answer.body))

    def add(self, method: str, pattern: str, endpoint: Endpoint) -> None:
        """A further endpoint, which goes before one that is there; `pattern` as in `Router.add`."""
        self._router.add(method, pattern, endpoint, first=True)

    def close(self) -> None:
        self._provisioning.close()

    async def _answer(self, scope: Any, protocol: Any) -> Answer:
        """Raises Refused or ProtocolError where something is wrong with the call."""
        if "\ufffd" in scope.path:  # what stands there was no UTF-8: two ids could look the same
            raise Refused(400, "all data must be valid UTF8")
        if not self._auth.wanted and scope.headers.get("origin") is not None:
            raise Refused(403, "without a password, web pages may not call the Internal API")
        found = self._router.find(scope.method, scope.path.removeprefix(_PREFIX))
        if found is None:
            raise not_found("Not found")
        endpoint, ids = found
        body = await read_body(protocol, scope.headers, _MAX_BYTES)
        content_type = scope.headers.get("content-type") or ""
        parameters = read_parameters(scope.query_string, content_type, body)
        return await endpoint(Request(ids, parameters))
