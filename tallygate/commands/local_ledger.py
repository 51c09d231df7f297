"""The ledger as this process opens it itself, where no listener runs."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager

import msgspec

from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import ProtocolError
from tallygate.importing.sink import Outcome, Refusal, SinkFailed, Usage
from tallygate.listener.backfill import count
from tallygate.listener.parts import Parts, opened
from tallygate.settings import Settings


class LocalSink:
    """Counts batches in a ledger of our own, in an event loop of our own."""

    def __init__(self, runner: asyncio.Runner, parts: Parts, service_id: str) -> None:
        self._runner = runner
        self._parts = parts
        self._service_id = service_id

    @classmethod
    @contextmanager
    def open(cls, settings: Settings, service_id: str) -> Iterator["LocalSink"]:
        """Opens ledger and registry for as long as the `with` lasts.

        Raises:
            Busy: A listener has just started.
            LogCorrupt: The log is damaged.
            OSError: Redis cannot be reached.
        """
        with asyncio.Runner() as runner:
            stack = AsyncExitStack()
            parts = runner.run(stack.enter_async_context(opened(settings, SystemClock())))
            try:
                yield cls(runner, parts, service_id)
            finally:
                runner.run(stack.aclose())

    def send(self, batch: Sequence[Usage]) -> Outcome:
        lines = [msgspec.json.encode(usage) for usage in batch]
        counting = count(self._parts.ledger, self._parts.registry, self._service_id, lines)
        try:
            result = self._runner.run(counting)
        except (OSError, sqlite3.Error, ProtocolError) as error:
            raise SinkFailed(f"the ledger cannot count: {error}") from None
        refusals = [Refusal(each.index, each.code, each.message) for each in result.errors]
        return Outcome(result.accepted, result.duplicate, refusals)
