"""GET authorize and authrep, and the same for OAuth services."""

from collections.abc import Awaitable, Callable
from typing import Any

from tallygate.domain.clock import Clock
from tallygate.domain.errors import ProtocolError, Unavailable
from tallygate.ledger.contract import Ledger, Stale, Verdict
from tallygate.listener.answers import XML_HEADERS, send_error, unavailable, unreachable
from tallygate.listener.authorizing import Authorizer, Prepared
from tallygate.listener.caller import caller_of
from tallygate.listener.denials import LIMITS_EXCEEDED
from tallygate.listener.idempotency import header_id
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.options import NONE, parse_options, with_no_body
from tallygate.listener.parameters import Parameters, parse
from tallygate.registry.contract import Registry, looked_up


class AuthorizeEndpoints:
    """Answers authorize and authrep, for which the order of steps is the speed of the listener."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        clock: Clock,
        mistakes: Mistakes,
        oauth: bool = False,
    ) -> None:
        """`oauth`: answers oauth_authorize and oauth_authrep."""
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._mistakes = mistakes
        self._authorizer = Authorizer(registry, ledger, clock, oauth)

    async def authrep(self, scope: Any, protocol: Any) -> int:
        """Checks a call and, if it is authorized, counts it; durable when answered. Returns the status.

        Under an id, what was counted before is acknowledged again, whatever its limits say by now.
        """
        query, given = scope.query_string, scope.headers
        key = (True, query, given.get("3scale-options"))
        prepared = self._authorizer.find(key)
        if prepared is None:
            worked_out = await self._prepare(key, scope, protocol)
            if isinstance(worked_out, int):
                return worked_out
            prepared = worked_out
        try:
            header = given.get("idempotency-key")
            entry_id = "" if header is None else header_id(header)
            if prepared.denied:
                verdict = await self._ledger.check(prepared.call)
            else:
                verdict = await self._ledger.check_and_record(prepared.call, entry_id)
        except Stale:
            return await self._again(self.authrep, scope, protocol)
        except ProtocolError as error:
            return self._refuse(prepared, error, scope, protocol)
        except OSError as error:
            return self._refuse(prepared, unavailable(error), scope, protocol)
        return self._answer(prepared, verdict, protocol)

    async def authorize(self, scope: Any, protocol: Any) -> int:
        """Checks a call; counts nothing. Returns the status."""
        key = (False, scope.query_string, scope.headers.get("3scale-options"))
        prepared = self._authorizer.find(key)
        if prepared is None:
            worked_out = await self._prepare(key, scope, protocol)
            if isinstance(worked_out, int):
                return worked_out
            prepared = worked_out
        try:
            verdict = await self._ledger.check(prepared.call)
        except Stale:
            return await self._again(self.authorize, scope, protocol)
        except OSError as error:
            return self._refuse(prepared, unreachable(error), scope, protocol)
        return self._answer(prepared, verdict, protocol)

    async def _prepare(
        self, key: tuple[bool, str, str | None], scope: Any, protocol: Any
    ) -> Prepared | int:
        """The prepared call, or the status of the error that it was answered with."""
        options = parse_options(key[2]) if key[2] else NONE
        parameters: Parameters = {}
        try:
            parameters = parse(key[1])
            options = with_no_body(options, parameters)
            return await looked_up(
                self._registry, lambda: self._authorizer.prepare(key, parameters, options)
            )
        except ProtocolError as error:
            caller = caller_of(scope)
            await self._mistakes.in_call(caller, parameters, error)
            send_error(protocol, error, options.no_body, caller.echo)
            return error.status

    async def _again(
        self, endpoint: Callable[[Any, Any], Awaitable[int]], scope: Any, protocol: Any
    ) -> int:
        """The registry has changed under a prepared call."""
        await self._registry.is_current()
        return await endpoint(scope, protocol)

    def _refuse(self, prepared: Prepared, error: ProtocolError, scope: Any, protocol: Any) -> int:
        """Answers a call that is right in itself with an error."""
        caller = caller_of(scope)
        if isinstance(error, Unavailable):
            self._mistakes.not_counted(caller, error)
        send_error(protocol, error, prepared.options.no_body, caller.echo)
        return error.status

    def _answer(self, prepared: Prepared, verdict: Verdict, protocol: Any) -> int:
        denied = prepared.denied or (None if verdict.authorized else LIMITS_EXCEEDED)
        if denied is None and prepared.plain and not verdict.repeated:
            body = prepared.document.authorized(verdict.epoch, verdict.values)
            protocol.response_str(200, XML_HEADERS, body)
            return 200
        headers = XML_HEADERS + prepared.headers(verdict, denied, self._clock.now_ms())
        status = 200 if denied is None else 409
        protocol.response_str(status, headers, prepared.body(verdict, denied))
        return status
