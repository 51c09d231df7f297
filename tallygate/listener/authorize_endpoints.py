"""GET authorize and authrep, and the same for OAuth services."""

from typing import Any

from tallygate.domain.clock import Clock
from tallygate.domain.errors import ProtocolError, Unavailable
from tallygate.ledger.embedded import Ledger
from tallygate.ledger.outcome import Once
from tallygate.listener.answers import XML_HEADERS, send_error, unavailable
from tallygate.listener.authorizing import Authorizer, Prepared
from tallygate.listener.caller import caller_of
from tallygate.listener.denials import LIMITS_EXCEEDED
from tallygate.listener.idempotency import header_id
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.options import NONE, parse_options, with_no_body
from tallygate.listener.parameters import Parameters, parse
from tallygate.registry.reader import Registry


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
        self._ledger = ledger
        self._clock = clock
        self._mistakes = mistakes
        self._authorizer = Authorizer(registry, ledger, clock, oauth)

    async def authrep(self, scope: Any, protocol: Any) -> int:
        """Checks a call and, if it is authorized, counts it; durable when answered. Returns the status."""
        query, given = scope.query_string, scope.headers
        key = (True, query, given.get("3scale-options"))
        prepared = self._authorizer.find(key)
        if prepared is None:
            worked_out = self._prepare(key, scope, protocol)
            if isinstance(worked_out, int):
                return worked_out
            prepared = worked_out
        entry_id = given.get("idempotency-key")
        if entry_id is not None:
            return await self._authrep_once(prepared, entry_id, scope, protocol)
        batch = None if prepared.denied else self._ledger.check_and_record(prepared.call)
        if batch is None:
            return self._deny(prepared, protocol)
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
            return self._refuse(prepared, unavailable(error), scope, protocol)
        protocol.response_str(200, headers, body)
        return 200

    async def _authrep_once(
        self, prepared: Prepared, header: str, scope: Any, protocol: Any
    ) -> int:
        """The same under an id: what was counted before is acknowledged again, whatever its limits say by now."""
        outcome: Once | None = None
        try:
            entry_id = header_id(header)
            if not prepared.denied:
                outcome = self._ledger.check_and_record_once(prepared.call, entry_id)
        except ProtocolError as error:
            return self._refuse(prepared, error, scope, protocol)
        if outcome is None:
            return self._deny(prepared, protocol)
        values = prepared.call.values()  # before anything else is counted
        body = prepared.body(values, None)
        headers = XML_HEADERS + prepared.headers(values, None, self._clock.now_ms())
        if outcome.repeated:
            headers.append(("idempotent-replayed", "true"))
        try:
            await outcome.batch
        except OSError as error:
            return self._refuse(prepared, unavailable(error), scope, protocol)
        protocol.response_str(200, headers, body)
        return 200

    async def authorize(self, scope: Any, protocol: Any) -> int:
        """Checks a call; counts nothing. Returns the status."""
        key = (False, scope.query_string, scope.headers.get("3scale-options"))
        prepared = self._authorizer.find(key) or self._prepare(key, scope, protocol)
        if isinstance(prepared, int):
            return prepared
        if prepared.denied or not self._ledger.check(prepared.call):
            return self._deny(prepared, protocol)
        values = prepared.call.values()
        headers = XML_HEADERS + prepared.headers(values, None, self._clock.now_ms())
        protocol.response_str(200, headers, prepared.body(values, None))
        return 200

    def _prepare(
        self, key: tuple[bool, str, str | None], scope: Any, protocol: Any
    ) -> Prepared | int:
        """The prepared call, or the status of the error that it was answered with."""
        options = parse_options(key[2]) if key[2] else NONE
        parameters: Parameters = {}
        try:
            parameters = parse(key[1])
            options = with_no_body(options, parameters)
            return self._authorizer.prepare(key, parameters, options)
        except ProtocolError as error:
            caller = caller_of(scope)
            self._mistakes.in_call(caller, parameters, error)
            send_error(protocol, error, options.no_body, caller.echo)
            return error.status

    def _refuse(self, prepared: Prepared, error: ProtocolError, scope: Any, protocol: Any) -> int:
        """Answers a call that is right in itself with an error."""
        caller = caller_of(scope)
        if isinstance(error, Unavailable):
            self._mistakes.not_counted(caller, error)
        send_error(protocol, error, prepared.options.no_body, caller.echo)
        return error.status

    def _deny(self, prepared: Prepared, protocol: Any) -> int:
        denied = prepared.denied or LIMITS_EXCEEDED
        if prepared.denied:
            self._ledger.check(prepared.call)  # brings its counters to this minute
        values = prepared.call.values()
        headers = XML_HEADERS + prepared.headers(values, denied, self._clock.now_ms())
        protocol.response_str(409, headers, prepared.body(values, denied))
        return 409
