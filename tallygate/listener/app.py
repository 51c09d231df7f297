"""The listener's HTTP face (RSGI): which path leads to which endpoint."""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final

from tallygate import __version__
from tallygate.domain.clock import Clock
from tallygate.domain.errors import ProtocolError, Unavailable
from tallygate.integration_errors.recorder import ErrorRecorder
from tallygate.listener.answers import (
    JSON_HEADERS,
    TEXT_HEADERS,
    preflight_headers,
    send_empty,
    send_error,
)
from tallygate.listener.authorize_endpoints import AuthorizeEndpoints
from tallygate.listener.caller import caller_of
from tallygate.listener.closing import ClosingProtocol
from tallygate.listener.console import Console
from tallygate.listener.events_hook import EventsHook
from tallygate.listener.home_commands import HomeCommands
from tallygate.listener.internal.api import InternalApi
from tallygate.listener.meter import Meter
from tallygate.listener.metered import MeteredCalls, MeteredMistakes, MeteredReports
from tallygate.listener.metering import Metering
from tallygate.listener.metrics import Metrics
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.parts import Parts
from tallygate.listener.report_endpoint import ReportEndpoint
from tallygate.listener.request_log import RequestLog
from tallygate.listener.usage_endpoint import UsageEndpoint
from tallygate.settings import Settings

_STATUS: Final = json.dumps(
    {"status": "ok", "version": {"backend": __version__}}, separators=(",", ":")
)
_METRICS: Final = "/metrics"
_AVAILABLE: Final = "/available"
_TEXTS: Final = {"/status": (JSON_HEADERS, _STATUS), "/check.txt": (TEXT_HEADERS, "ok")}

REQUEST_TYPES: Final = (
    "authorize", "authrep", "report", "authorize_oauth", "authrep_oauth", "usage",
)  # fmt: skip
"""As the metrics call them."""

Endpoint = Callable[[Any, Any], Awaitable[int]]
"""Answers, and returns the answer's status."""


class Listener:
    """An RSGI application over one ledger and one registry."""

    def __init__(
        self,
        parts: Parts,
        clock: Clock,
        settings: Settings,
        internal_token: str,
    ) -> None:
        """Raises InputError: a setting has the wrong form."""
        self.leaving = False
        """Whether each answer closes its connection."""
        registry, ledger = parts.registry, parts.ledger
        self.hook = EventsHook(ledger, settings) if settings.events_hook else None
        self.errors = ErrorRecorder(parts.errors, clock)
        self._request_log = RequestLog()
        mistakes = Mistakes(registry, self.errors, self._request_log)
        calls = reports = ledger
        if settings.master_service:
            metering = Metering(registry, ledger, clock, settings)
            calls = MeteredCalls(ledger, registry, metering)
            reports = MeteredReports(ledger, registry, metering)
            mistakes = MeteredMistakes(registry, self.errors, self._request_log, metering)
        authorizing = AuthorizeEndpoints(registry, calls, clock, mistakes)
        oauth = AuthorizeEndpoints(registry, calls, clock, mistakes, oauth=True)
        reporting = ReportEndpoint(registry, reports, clock, settings, mistakes)
        self._home_commands = HomeCommands(registry, ledger, self.errors, internal_token)
        console = Console(settings, internal_token)
        self.internal = InternalApi(
            registry, parts.stores, ledger, self.errors, console, clock, settings
        )
        usage = UsageEndpoint(registry, reports, clock, settings, mistakes)
        meters = {name: Meter() for name in REQUEST_TYPES}
        self._metrics = Metrics(meters, ledger, registry, self.errors, settings)
        self._gets: dict[str, tuple[Endpoint, Meter]] = {
            "/transactions/authrep.xml": (authorizing.authrep, meters["authrep"]),
            "/transactions/authorize.xml": (authorizing.authorize, meters["authorize"]),
            "/transactions/oauth_authrep.xml": (oauth.authrep, meters["authrep_oauth"]),
            "/transactions/oauth_authorize.xml": (oauth.authorize, meters["authorize_oauth"]),
        }
        self._posts: dict[str, tuple[Endpoint, Meter]] = {
            "/transactions.xml": (reporting.report, meters["report"]),
            "/usage": (usage.post, meters["usage"]),
        }

    @property
    def routes(self) -> set[tuple[str, str]]:
        """Method and path of all that callers may ask; `{name}` stands for an id, `{name+}` for one that may have slashes."""
        return {
            *(("GET", path) for path in (*self._gets, *_TEXTS, _METRICS)),
            *(("POST", path) for path in self._posts),
            ("HEAD", _AVAILABLE),
            *self.internal.routes,
        }

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        path, method = scope.path, scope.method
        if self.leaving:
            protocol = ClosingProtocol(protocol)
        try:
            if method == "GET" or method == "HEAD":
                found = self._gets.get(path)
                if found is not None:
                    endpoint, meter = found
                    began_s = perf_counter()
                    meter.count(await endpoint(scope, protocol), perf_counter() - began_s)
                    return
            await self._other(method, path, scope, protocol)
        except ProtocolError as error:
            send_error(protocol, error, no_body=False)
        except (sqlite3.Error, OSError):
            self._note_failure(scope, Unavailable.status)
            away = Unavailable("a part of the installation cannot be reached now, try again later")
            send_error(protocol, away, no_body=False, more=caller_of(scope).echo)
        except Exception:
            self._note_failure(scope, 500)
            send_empty(protocol, 500, caller_of(scope).echo)

    def _note_failure(self, scope: Any, status: int) -> None:
        """Logs and meters an exception that is being handled, and that no endpoint expected."""
        self._request_log.failure(caller_of(scope))
        found = self._gets.get(scope.path) or self._posts.get(scope.path)
        if found is not None:
            found[1].statuses[status] += 1

    async def _other(self, method: str, path: str, scope: Any, protocol: Any) -> None:
        if method == "POST" and path in self._posts:
            endpoint, meter = self._posts[path]
            began_s = perf_counter()
            meter.count(await endpoint(scope, protocol), perf_counter() - began_s)
        elif method in ("GET", "HEAD") and path in _TEXTS:
            protocol.response_str(200, *_TEXTS[path])
        elif method in ("GET", "HEAD") and path == _METRICS:
            await self._metrics.answer(scope, protocol)
        elif method == "OPTIONS":
            asked = scope.headers.get("access-control-request-headers")
            protocol.response_empty(204, preflight_headers(asked))
        elif path.startswith("/internal/"):
            await self._answer_internal(scope, protocol)
        elif method == "HEAD" and path == _AVAILABLE:
            send_empty(protocol, 200)
        else:
            send_empty(protocol, 404)

    async def _answer_internal(self, scope: Any, protocol: Any) -> None:
        if self._home_commands.is_meant(scope):
            await self._home_commands.answer(scope, protocol)
        else:
            await self.internal.answer(scope, protocol)

    def start(self) -> None:
        """From now on it does what it does by itself, in the running event loop."""
        self._metrics.start()
        if self.hook is not None:
            self.hook.start()

    def close(self) -> None:
        """Lets go of what it opened itself."""
        self._metrics.close()
        if self.hook is not None:
            self.hook.close()
        self.internal.close()
        self.errors.close()
