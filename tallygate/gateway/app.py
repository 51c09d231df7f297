"""The gateway's face to callers (RSGI): a call is decided, passed on, answered, and reported."""

import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import aiohttp
import structlog
from granian.rsgi import ProtocolClosed

from tallygate.client.answer import Answer
from tallygate.client.protocol import Credentials
from tallygate.domain import request_target
from tallygate.domain.mapping_rules import FORM, FORM_METHODS, Match
from tallygate.domain.request_target import Target
from tallygate.gate import break_off
from tallygate.gateway.authorization import Authorization, Decision
from tallygate.gateway.configuration import Product, Refusal, Upstream
from tallygate.gateway.headers import Headers, end_to_end, to_upstream
from tallygate.gateway.metrics import Metrics
from tallygate.gateway.reporting import Reports
from tallygate.gateway.request_body import RequestBody
from tallygate.gateway.routing import Products
from tallygate.gateway.upstream import CallerGone, UpstreamFailed, Upstreams, failure
from tallygate.middleware import credentials

log = structlog.get_logger()

HEADERS_BYTES: Final = 64 * 1024
WHOLE_BYTES: Final = 64 * 1024
"""An answer of up to this size is passed on in one piece."""

_PATH_SAFE: Final = "/:@&=+,;!*'()$-_.~"
_REQUEST_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")

_AWAY: Final = Refusal(503, "text/plain; charset=us-ascii", "Authorization is not possible now")
_NO_UPSTREAM: Final = Refusal(404, "text/plain; charset=us-ascii", "No upstream found")


class Refused(Exception):
    """The call does not pass.

    Attributes:
        outcome: As the metrics call it.
        refusal: How it is answered.
        product: Whose call it is; '' = nobody's.
        retry_after_s: When it may pass; -1 = it is not known.
    """

    def __init__(
        self, outcome: str, refusal: Refusal, product: str = "", retry_after_s: int = -1
    ) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.refusal = refusal
        self.product = product
        self.retry_after_s = retry_after_s


class Call(NamedTuple):
    """A call that may pass."""

    product: Product
    who: Credentials
    decision: Decision
    upstream: Upstream
    target: Target
    body: RequestBody | None


class Gateway:
    """An RSGI application."""

    def __init__(
        self,
        products: Callable[[], Awaitable[Products]],
        authorization: Authorization,
        upstreams: Upstreams,
        reports: Reports,
        metrics: Metrics,
    ) -> None:
        """`products`: Those that are served now."""
        self._products = products
        self._authorization = authorization
        self._upstreams = upstreams
        self._reports = reports
        self._metrics = metrics

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        given = [(name, value) for name, value in scope.headers.items()]
        request_id = _request_id(given)
        try:
            call = await self._decided(scope, protocol, given)
            self._metrics.calls.labels(call.product.id, "passed").inc()
            await self._pass(call, scope, protocol, given, request_id)
        except Refused as error:
            self._metrics.calls.labels(error.product, error.outcome).inc()
            _refuse(protocol, error, request_id)
        except CallerGone:
            protocol.response_empty(400, [("x-request-id", request_id)])
        except Exception:
            log.exception("a call failed", request_id=request_id)
            protocol.response_empty(500, [("x-request-id", request_id)])

    async def _decided(self, scope: Any, protocol: Any, given: Headers) -> Call:
        """Raises Refused, CallerGone."""
        target = _target(scope, given)
        candidates = (await self._products()).of_host(_host(scope, given))
        if not candidates:
            raise Refused("unknown_host", Refusal(404, "", ""))
        body = RequestBody(protocol) if _has_body(given) else None
        product, match = await _matched(candidates, scope, target, dict(given), body)
        who = credentials.find(product.credentialing, dict(given), scope.query_string)
        if who is None:
            raise Refused("auth_missing", product.auth_missing, product.id)
        usage = match.usage()
        if not usage:
            raise Refused("no_match", product.no_match, product.id)
        began_s = perf_counter()
        decision = await self._authorization.decide(product, who, usage)
        self._metrics.deciding_seconds.labels(product.id).observe(perf_counter() - began_s)
        if not decision.answer.authorized:
            raise _denied(product, decision.answer)
        upstream = product.upstreams.get(match.owner) or product.upstreams.get(None)
        if upstream is None:  # counted all the same, as in 3scale's gateway
            self._report(product, who, decision, _NO_UPSTREAM.status)
            raise Refused("no_upstream", _NO_UPSTREAM, product.id)
        return Call(product, who, decision, upstream, target, body)

    async def _pass(
        self, call: Call, scope: Any, protocol: Any, given: Headers, request_id: str
    ) -> None:
        """Passes a call on and its answer back; reports it, whatever comes of it."""
        product = call.product
        headers = to_upstream(
            given, call.upstream.host, product.secret_token, request_id,
            scope.client.rpartition(":")[0], _host(scope, given),
        )  # fmt: skip
        status = 502
        began_s = perf_counter()
        try:
            url = _url(call.upstream, call.target)
            response = await self._upstreams.call(scope.method, url, headers, call.body)
            status = response.status
            self._metrics.upstream_seconds.labels(product.id).observe(perf_counter() - began_s)
            await _answer(response, scope, protocol, request_id)
        except UpstreamFailed as error:
            if call.body is not None and call.body.broken:
                status = 400
                raise CallerGone("the body broke off") from error
            status = error.status
            self._metrics.upstream_failures.labels(product.id, error.kind).inc()
            log.warning(
                "an upstream failed", product=product.id, kind=error.kind, reason=str(error),
                request_id=request_id,
            )  # fmt: skip
            protocol.response_str(
                status,
                [
                    ("content-type", "text/plain; charset=us-ascii"),
                    ("x-request-id", request_id),
                    ("tallygate-upstream-error", error.kind),
                ],
                "The API cannot be reached" if status == 502 else "The API did not answer in time",
            )
        finally:
            self._metrics.responses.labels(product.id, str(status)).inc()
            self._report(product, call.who, call.decision, status)

    def _report(self, product: Product, who: Credentials, decision: Decision, status: int) -> None:
        code = status if 100 <= status <= 599 else 502
        self._reports.take(product.id, who, decision.usage, code=code)


def _target(scope: Any, given: Headers) -> Target:
    """What is called: the path as nginx normalises it, so that rules and the upstream see the same.

    Raises Refused: the request is none that is passed on.
    """
    if sum(len(name) + len(value) for name, value in given) > HEADERS_BYTES:
        raise Refused("bad_request", Refusal(431, "", ""))
    path = scope.path
    # U+FFFD stands for bytes that are no UTF-8: which ones they were is not known here.
    if sum(name == "host" for name, _ in given) != 1 or "\ufffd" in path:
        raise Refused("bad_request", Refusal(400, "", ""))
    try:
        return request_target.parse(f"{quote(path, safe=_PATH_SAFE)}?{scope.query_string}")
    except ValueError:
        raise Refused("bad_request", Refusal(400, "", "")) from None


def _host(scope: Any, given: Headers) -> str:
    """A target with a host of its own goes before the header (RFC 9112, 3.2.2)."""
    return str(scope.authority or next(value for name, value in given if name == "host"))


def _request_id(given: Headers) -> str:
    found = next((value for name, value in given if name == "x-request-id"), "")
    return found if _REQUEST_ID.fullmatch(found) else uuid.uuid4().hex


def _has_body(given: Headers) -> bool:
    return any(
        name == "transfer-encoding" or (name == "content-length" and value != "0")
        for name, value in given
    )


async def _matched(
    candidates: Sequence[Product],
    scope: Any,
    target: Target,
    headers: dict[str, str],
    body: RequestBody | None,
) -> tuple[Product, Match]:
    """The first product of which a rule matches, or else the first, with what matches.

    Raises CallerGone.
    """
    content_type = headers.get("content-type", "")
    form = ""
    if body is not None and scope.method in FORM_METHODS and FORM in content_type:
        form = await body.form() if any(each.reads_forms for each in candidates) else ""
    first: tuple[Product, Match] | None = None
    for product in candidates:
        match = product.rules.match(
            scope.method, f"{target.path}?{target.query}", form, content_type
        )
        if match.usage():
            return product, match
        first = first or (product, match)
    assert first is not None
    return first


def _denied(product: Product, answer: Answer) -> Refused:
    if answer.away:
        return Refused("away", _AWAY, product.id, 5)
    if answer.limited and (answer.limit is None or answer.limit.maximum):
        reset_s = -1 if answer.limit is None else answer.limit.reset_s
        return Refused("limits_exceeded", product.limits_exceeded, product.id, reset_s)
    return Refused("auth_failed", product.auth_failed, product.id)


def _refuse(protocol: Any, error: Refused, request_id: str) -> None:
    status, content_type, body = error.refusal
    headers = [("x-request-id", request_id)]
    if content_type:
        headers.append(("content-type", content_type))
    if error.retry_after_s >= 0:
        headers.append(("retry-after", str(error.retry_after_s)))
    protocol.response_str(status, headers, body)


def _url(upstream: Upstream, target: Target) -> str:
    rest = target.uri.removeprefix(upstream.mounted)
    if not rest.startswith("/"):
        rest = "/" + rest
    url = upstream.url + upstream.path + quote(rest, safe=_PATH_SAFE)
    return f"{url}?{target.query}" if target.query else url


async def _answer(
    response: aiohttp.ClientResponse, scope: Any, protocol: Any, request_id: str
) -> None:
    """Passes an upstream's answer to the caller.

    Raises UpstreamFailed: it broke off before any of it was passed on.
    """
    headers = end_to_end(response.headers.items())
    if not any(name == "x-request-id" for name, _ in headers):
        headers.append(("x-request-id", request_id))
    length = response.content_length
    if scope.method == "HEAD" or response.status in (204, 304):
        response.release()
        protocol.response_empty(response.status, headers)
    elif length is not None and length <= WHOLE_BYTES:
        try:
            body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise failure(error) from error
        headers = [header for header in headers if header[0] != "content-length"]
        protocol.response_bytes(response.status, headers, body)
    else:
        await _stream(response, protocol.response_stream(response.status, headers), scope.client)


async def _stream(response: aiohttp.ClientResponse, transport: Any, client: str) -> None:
    """Passes a body on part by part; what breaks off for the one side breaks off for the other."""
    try:
        async for part in response.content.iter_any():
            await transport.send_bytes(part)
    except (aiohttp.ClientError, TimeoutError):
        # Else the server would end the body as if all of it had come.
        break_off(client)
    except ProtocolClosed:
        pass  # the caller has gone
    finally:
        response.close()
