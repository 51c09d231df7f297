"""The listener's HTTP face (RSGI): which path leads to which endpoint."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tallygate import __version__
from tallygate.domain.clock import Clock
from tallygate.domain.errors import ProtocolError
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.integration_errors.store import ErrorStore
from tallygate.ledger.embedded import Ledger
from tallygate.listener.answers import (
    JSON_HEADERS,
    PREFLIGHT_HEADERS,
    TEXT_HEADERS,
    send_empty,
    send_error,
)
from tallygate.listener.authorize_endpoints import AuthorizeEndpoints
from tallygate.listener.backfill import Backfill
from tallygate.listener.internal.api import InternalApi
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.report_endpoint import ReportEndpoint
from tallygate.listener.request_log import RequestLog
from tallygate.listener.usage_endpoint import UsageEndpoint
from tallygate.registry.reader import Registry
from tallygate.settings import Settings

_STATUS: Final = json.dumps(
    {"status": "ok", "version": {"backend": __version__}}, separators=(",", ":")
)

Endpoint = Callable[[Any, Any], Awaitable[object]]


class Listener:
    """An RSGI application over one ledger and one registry."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        internal_token: str,
    ) -> None:
        self._errors = ErrorRecorder(ErrorStore(settings), clock)
        mistakes = Mistakes(registry, self._errors, RequestLog())
        authorizing = AuthorizeEndpoints(registry, ledger, clock, mistakes)
        oauth = AuthorizeEndpoints(registry, ledger, clock, mistakes, oauth=True)
        reporting = ReportEndpoint(registry, ledger, clock, settings, mistakes)
        self._backfill = Backfill(registry, ledger, internal_token)
        self._internal = InternalApi(registry, ledger, settings)
        self._gets: dict[str, Endpoint] = {
            "/transactions/authrep.xml": authorizing.authrep,
            "/transactions/authorize.xml": authorizing.authorize,
            "/transactions/oauth_authrep.xml": oauth.authrep,
            "/transactions/oauth_authorize.xml": oauth.authorize,
            "/status": _status,
            "/check.txt": _check,
        }
        self._posts: dict[str, Endpoint] = {
            "/transactions.xml": reporting.report,
            "/usage": UsageEndpoint(registry, ledger, clock, settings, mistakes).post,
        }

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        path, method = scope.path, scope.method
        if method == "GET" or method == "HEAD":
            endpoint = self._gets.get(path)
            if endpoint is not None:
                await endpoint(scope, protocol)
                return
        try:
            await self._other(method, path, scope, protocol)
        except ProtocolError as error:
            send_error(protocol, error, no_body=False)

    async def _other(self, method: str, path: str, scope: Any, protocol: Any) -> None:
        if method == "POST" and path in self._posts:
            await self._posts[path](scope, protocol)
        elif method == "OPTIONS":
            protocol.response_empty(204, PREFLIGHT_HEADERS)
        elif path.startswith("/internal/"):
            await self._answer_internal(scope, protocol)
        elif method == "HEAD" and path == "/available":
            send_empty(protocol, 200)
        else:
            send_empty(protocol, 404)

    async def _answer_internal(self, scope: Any, protocol: Any) -> None:
        if self._backfill.is_meant(scope):
            await self._backfill.answer(scope, protocol)
        else:
            await self._internal.answer(scope, protocol)

    def close(self) -> None:
        """Lets go of what it opened itself."""
        self._internal.close()
        self._errors.close()


async def _status(scope: Any, protocol: Any) -> None:
    protocol.response_str(200, JSON_HEADERS, _STATUS)


async def _check(scope: Any, protocol: Any) -> None:
    protocol.response_str(200, TEXT_HEADERS, "ok")
