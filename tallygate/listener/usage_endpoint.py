"""POST /usage over HTTP; what the items mean is in `usage_counting`."""

import asyncio
from typing import Any, Final

import msgspec

from tallygate.domain.clock import Clock
from tallygate.domain.errors import IdConflict, ProtocolError, Unavailable
from tallygate.ledger.embedded import Ledger
from tallygate.listener.answers import JSON_HEADERS, Headers, unavailable
from tallygate.listener.body import read_body
from tallygate.listener.parameters import LimitExceeded
from tallygate.listener.usage_counting import (
    ACCEPTED,
    DUPLICATE,
    Caller,
    Counted,
    Outcome,
    UsageCounter,
    statuses,
)
from tallygate.listener.usage_items import Items, limit_bytes, read_items
from tallygate.registry.reader import Registry
from tallygate.settings import Settings

LINES_HEADERS: Final[Headers] = [("content-type", "application/x-ndjson"), *JSON_HEADERS[1:]]

_MAX_MESSAGE: Final = 300
_encoder: Final = msgspec.json.Encoder()


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item: accepted, duplicate, conflict or error, the last two with code and message."""

    status: str
    code: str = ""
    message: str = ""


class Results(msgspec.Struct, frozen=True):
    """What became of the items of an array."""

    accepted: int
    duplicate: int
    conflict: int
    error: int
    results: list[Result]


_SUCCESSES: Final = {status: Result(status) for status in (ACCEPTED, DUPLICATE)}


class UsageEndpoint:
    """Counts usage that has happened already, and tells what became of each item."""

    def __init__(
        self, registry: Registry, ledger: Ledger, clock: Clock, settings: Settings
    ) -> None:
        self._registry = registry
        self._counter = UsageCounter(registry, ledger, clock, settings)

    async def post(self, scope: Any, protocol: Any) -> None:
        """Durable when answered."""
        headers = scope.headers
        media_type = (headers.get("content-type") or "").partition(";")[0].strip().lower()
        try:
            limit = limit_bytes(media_type)
            self._registry.refresh()
            caller = Caller(self._registry, scope.query_string, headers.get("authorization") or "")
            data = await read_body(protocol, headers, limit)
            items = read_items(media_type, data, caller.service_named)
        except ProtocolError as error:
            status = 413 if isinstance(error, LimitExceeded) else error.status
            protocol.response_bytes(status, JSON_HEADERS, _encoder.encode(_result(error)))
            return
        counted = await self._count(caller, items)
        status, body = _status(counted), await _body(items.form, counted)
        answer_headers = LINES_HEADERS if items.form == "lines" else JSON_HEADERS
        protocol.response_bytes(status, answer_headers, body)

    async def _count(self, caller: Caller, items: Items) -> list[Counted]:
        """Part by part, and calls of others in between; returns when all is durable, or known not to be."""
        counted = []
        for part in items.parts:
            counted.append(self._counter.count(caller, part, items.decode))
            await asyncio.sleep(0)
        for each in counted:
            try:
                await each.batch
            except OSError as error:
                each.failed(unavailable(error))
        return counted


def _status(counted: list[Counted]) -> int:
    """200: all items are counted; 207: some are; else why the first one is not. 503: some may be sent again as they are."""
    found = list(statuses(counted))
    if Unavailable.status in found:
        return Unavailable.status
    failed = [status for status in found if status != 200]
    if not failed:
        return 200
    return failed[0] if len(failed) == len(found) else 207


async def _body(form: str, counted: list[Counted]) -> bytes:
    if form == "lines":
        written = []
        for part in counted:
            written.append(_encoder.encode_lines(map(_result, part.outcomes)))
            await asyncio.sleep(0)
        return b"".join(written)
    results = [_result(outcome) for part in counted for outcome in part.outcomes]
    if form == "one":
        return _encoder.encode(results[0])
    found = [result.status for result in results]
    return _encoder.encode(
        Results(
            found.count("accepted"),
            found.count("duplicate"),
            found.count("conflict"),
            found.count("error"),
            results,
        )
    )


def _result(outcome: Outcome) -> Result:
    if isinstance(outcome, str):
        return _SUCCESSES[outcome]
    status = "conflict" if isinstance(outcome, IdConflict) else "error"
    return Result(status, outcome.code, outcome.message[:_MAX_MESSAGE])
