"""The listener's HTTP face (RSGI): routes, and the endpoints of the Service Management API."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from msgspec.structs import replace

from tallygate import __version__
from tallygate.domain.clock import Clock
from tallygate.domain.errors import ContentTypeInvalid, ProtocolError, Unavailable
from tallygate.ledger.embedded import Ledger
from tallygate.listener.answers import (
    JSON_HEADERS,
    PREFLIGHT_HEADERS,
    TEXT_HEADERS,
    XML_HEADERS,
    send_empty,
    send_error,
)
from tallygate.listener.authorizing import Authorizer, Prepared
from tallygate.listener.backfill import Backfill
from tallygate.listener.body import read_body
from tallygate.listener.denials import LIMITS_EXCEEDED
from tallygate.listener.multipart import form_text
from tallygate.listener.options import NONE, Options, parse_options, wants_no_body
from tallygate.listener.parameters import MAX_BYTES, Parameters, parse, readable
from tallygate.listener.reporting import FORM_TYPES, entries, read_report
from tallygate.registry.reader import Registry
from tallygate.settings import Settings

log = structlog.get_logger()

_STATUS: Final = json.dumps(
    {"status": "ok", "version": {"backend": __version__}}, separators=(",", ":")
)

Endpoint = Callable[[Any, Any], Awaitable[None]]


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
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._authorizer = Authorizer(registry, ledger, clock)
        self._backfill = Backfill(registry, ledger, internal_token)
        self._gets: dict[str, Endpoint] = {
            "/transactions/authrep.xml": self._authrep,
            "/transactions/authorize.xml": self._authorize,
            "/status": self._status,
            "/check.txt": self._check,
        }

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        path, method = scope.path, scope.method
        if method == "GET" or method == "HEAD":
            endpoint = self._gets.get(path)
            if endpoint is not None:
                return await endpoint(scope, protocol)
        try:
            await self._other(method, path, scope, protocol)
        except ProtocolError as error:
            send_error(protocol, error, no_body=False)
        return None

    async def _other(self, method: str, path: str, scope: Any, protocol: Any) -> None:
        if method == "POST" and path == "/transactions.xml":
            await self._report(scope, protocol)
        elif method == "POST" and path.startswith("/internal/"):
            await self._backfill.answer(scope, protocol)
        elif method == "OPTIONS":
            protocol.response_empty(204, PREFLIGHT_HEADERS)
        elif method == "HEAD" and path == "/available":
            send_empty(protocol, 200)
        else:
            send_empty(protocol, 404)

    async def _status(self, scope: Any, protocol: Any) -> None:
        protocol.response_str(200, JSON_HEADERS, _STATUS)

    async def _check(self, scope: Any, protocol: Any) -> None:
        protocol.response_str(200, TEXT_HEADERS, "ok")

    async def _authrep(self, scope: Any, protocol: Any) -> None:
        query = scope.query_string
        key = (True, query, scope.headers.get("3scale-options"))
        prepared = self._authorizer.find(key)
        if prepared is None:
            prepared = self._prepare(key, protocol)
            if prepared is None:
                return
        batch = None if prepared.denied else self._ledger.check_and_record(prepared.call)
        if batch is None:
            self._deny(prepared, protocol)
            return
        call = prepared.call
        values = call.values()  # before anything else is counted
        if prepared.plain:
            body = prepared.document.authorized(call.epoch, values)
            headers = XML_HEADERS
        else:
            body = prepared.body(values, None)
            headers = XML_HEADERS + prepared.headers(values, None, self._clock.now_ms())
        try:
            await batch
        except OSError as error:
            send_error(protocol, _unavailable(error), prepared.options.no_body)
            return
        protocol.response_str(200, headers, body)

    async def _authorize(self, scope: Any, protocol: Any) -> None:
        key = (False, scope.query_string, scope.headers.get("3scale-options"))
        prepared = self._authorizer.find(key) or self._prepare(key, protocol)
        if prepared is None:
            return
        if prepared.denied or not self._ledger.check(prepared.call):
            self._deny(prepared, protocol)
            return
        values = prepared.call.values()
        headers = XML_HEADERS + prepared.headers(values, None, self._clock.now_ms())
        protocol.response_str(200, headers, prepared.body(values, None))

    def _prepare(self, key: tuple[bool, str, str | None], protocol: Any) -> Prepared | None:
        """The prepared call; None when it was answered with an error."""
        options = parse_options(key[2]) if key[2] else NONE
        try:
            parameters = parse(key[1])
            options = _with_no_body(options, parameters)
            return self._authorizer.prepare(key, parameters, options)
        except ProtocolError as error:
            send_error(protocol, error, options.no_body)
            return None

    def _deny(self, prepared: Prepared, protocol: Any) -> None:
        denied = prepared.denied or LIMITS_EXCEEDED
        if prepared.denied:
            self._ledger.check(prepared.call)  # brings its counters to this minute
        values = prepared.call.values()
        headers = XML_HEADERS + prepared.headers(values, denied, self._clock.now_ms())
        protocol.response_str(409, headers, prepared.body(values, denied))

    async def _report(self, scope: Any, protocol: Any) -> None:
        header, query = scope.headers.get("3scale-options"), scope.query_string
        options = parse_options(header) if header else NONE
        if query:
            options = _with_no_body(options, readable(query))
        try:
            content_type = scope.headers.get("content-type") or ""
            media_type = content_type.partition(";")[0].strip().lower()
            if media_type not in FORM_TYPES:
                raise ContentTypeInvalid(media_type)
            data = await read_body(protocol, scope.headers, MAX_BYTES)
            parameters = parse(query)
            parameters.update(parse(form_text(data, content_type)))
            await self._count(parameters, options.flat_usage)
        except ProtocolError as error:
            send_error(protocol, error, options.no_body)
            return
        send_empty(protocol, 202)

    async def _count(self, parameters: Parameters, flat: bool) -> None:
        """Counts a report.

        Raises:
            ProtocolError: The caller is wrong, or it cannot be made durable now.
        """
        self._registry.refresh()
        report = read_report(self._registry, parameters)
        try:
            found = entries(self._registry, report, flat, self._clock, self._settings)
        except ProtocolError as error:
            # The protocol has the caller learn nothing of this: the whole batch is dropped, and the provider is told.
            log.warning("report discarded", service=report.view.service.id, code=error.code, reason=error.message)  # fmt: skip
            return
        try:
            await self._ledger.record(found).batch
        except OSError as error:
            raise _unavailable(error) from error


def _with_no_body(options: Options, parameters: Parameters) -> Options:
    """`no_body` may also be asked for in the URL."""
    if options.no_body or not wants_no_body(parameters):
        return options
    return replace(options, no_body=True)


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(f"nothing was counted, try again later: {error.strerror}")
