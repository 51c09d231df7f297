"""POST /usage over HTTP; what the items mean is in `usage_counting`."""

import asyncio
import contextlib
from functools import partial
from typing import Any, Final

from tallygate.domain.clock import Clock
from tallygate.domain.errors import BadRequest, ProtocolError, Unavailable
from tallygate.ledger.contract import Ledger
from tallygate.listener.answers import JSON_HEADERS, Headers, unavailable
from tallygate.listener.body import read_body
from tallygate.listener.caller import Caller, caller_of
from tallygate.listener.mistakes import Mistakes
from tallygate.listener.parameters import LimitExceeded, Parameters
from tallygate.listener.usage_counting import Sender, UsageCounter
from tallygate.listener.usage_items import UNREADABLE, Item, Items, limit_bytes, read_items
from tallygate.listener.usage_results import Counted, Mistake, body, http_status, one
from tallygate.registry.contract import Registry, looked_up
from tallygate.settings import Settings

PARTS_AT_ONCE: Final = 4
"""How many parts wait for the ledger at once: calls of others wait behind them."""

LINES_HEADERS: Final[Headers] = [("content-type", "application/x-ndjson"), *JSON_HEADERS[1:]]


class UsageEndpoint:
    """Counts usage that has happened already, and tells what became of each item."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        mistakes: Mistakes,
    ) -> None:
        self._registry = registry
        self._mistakes = mistakes
        self._counter = UsageCounter(registry, ledger, clock, settings)

    async def post(self, scope: Any, protocol: Any) -> int:
        """Durable when answered. Returns the status."""
        headers = scope.headers
        media_type = (headers.get("content-type") or "").partition(";")[0].strip().lower()
        try:
            limit = limit_bytes(media_type)
            sender = await self._sender(scope)
            data = await read_body(protocol, headers, limit)
            items = read_items(media_type, data, sender.service_named)
        except ProtocolError as error:
            status = 413 if isinstance(error, LimitExceeded) else error.status
            answer_headers = [*JSON_HEADERS, *caller_of(scope).echo]
            protocol.response_bytes(status, answer_headers, one(error))
            return status
        counted = await self._count(sender, items)
        status, text = http_status(counted), await body(items.form, counted)
        answer_headers = LINES_HEADERS if items.form == "lines" else JSON_HEADERS
        if status != 200:
            caller = caller_of(scope)
            await self._tell(caller, sender, items, counted)
            answer_headers = [*answer_headers, *caller.echo]
        protocol.response_bytes(status, answer_headers, text)
        return status

    async def _sender(self, scope: Any) -> Sender:
        registry, query = self._registry, scope.query_string
        authorization = scope.headers.get("authorization") or ""
        registry.refresh()
        try:
            return await looked_up(registry, lambda: Sender(registry, query, authorization))
        except OSError as error:
            raise unavailable(error) from error

    async def _count(self, sender: Sender, items: Items) -> list[Counted]:
        """Part by part, and calls of others in between; returns when all is durable, or known not to be."""
        counting: list[asyncio.Task[Counted]] = []
        for part in items.parts:
            if len(counting) >= PARTS_AT_ONCE:
                await asyncio.wait((counting[-PARTS_AT_ONCE],))
            counting.append(asyncio.create_task(self._counter.count(sender, part, items.decode)))
            await asyncio.sleep(0)
        return [await each for each in counting]

    async def _tell(
        self, caller: Caller, sender: Sender, items: Items, counted: list[Counted]
    ) -> None:
        """The provider learns of the first mistake of each kind: a request may hold the same one many thousand times."""
        first: dict[str, Mistake] = {}
        for part in counted:
            first = {**part.mistakes, **first}
        for _, raw, error in first.values():
            if isinstance(error, Unavailable):
                self._mistakes.not_counted(caller, error)
                continue
            try:
                item = items.decode(raw)
                service_id, transaction = item.service_id, _parameters(item)
            except (BadRequest, *UNREADABLE):
                service_id, transaction = None, {}
            with contextlib.suppress(ProtocolError, OSError):  # whose product would it be?
                view = await looked_up(self._registry, partial(sender.service, service_id))
                await self._mistakes.left_out(caller, sender.given, view, transaction, error)


def _parameters(item: Item) -> Parameters:
    """An item in the words of a report."""
    usage: Parameters = {name: str(number) for name, number in item.usage.items()}
    named: Parameters = {"usage": usage}
    for name in ("service_id", "app_id", "user_key", "timestamp"):
        if (value := getattr(item, name)) is not None:
            named[name] = str(value)
    if item.response_code is not None:
        named["log"] = {"code": str(item.response_code)}
    return named
