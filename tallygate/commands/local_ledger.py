"""The ledger as this process opens it itself, where no listener runs."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import ProtocolError
from tallygate.importing.sink import Outcome, Refusal, SinkFailed, Usage
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.listener.backfill import count
from tallygate.registry.reader import SqliteRegistry
from tallygate.settings import Settings

CHECKPOINT_HITS = 100_000
"""After so many hits their ids leave the memory: nothing else makes checkpoints here."""


class LocalSink:
    """Counts batches in a ledger of our own, in an event loop of our own."""

    def __init__(
        self,
        runner: asyncio.Runner,
        ledger: EmbeddedLedger,
        registry: SqliteRegistry,
        service_id: str,
    ) -> None:
        self._runner = runner
        self._ledger = ledger
        self._registry = registry
        self._service_id = service_id
        self._since_checkpoint = 0

    @classmethod
    @contextmanager
    def open(cls, settings: Settings, service_id: str) -> Iterator["LocalSink"]:
        """Opens ledger and registry for as long as the `with` lasts.

        Raises:
            Busy: A listener has just started.
            LogCorrupt: The log is damaged.
        """
        with asyncio.Runner() as runner, EmbeddedLedger.open(settings, SystemClock()) as ledger:
            ledger.attach(runner.get_loop())
            registry = SqliteRegistry(settings.database)
            try:
                yield cls(runner, ledger, registry, service_id)
            finally:
                registry.close()

    def send(self, batch: Sequence[Usage]) -> Outcome:
        lines = [msgspec.json.encode(usage) for usage in batch]
        counting = count(self._ledger, self._registry, self._service_id, lines)
        try:
            result = self._runner.run(counting)
            self._since_checkpoint += len(lines)
            if self._since_checkpoint >= CHECKPOINT_HITS:
                self._ledger.checkpoint_now()
                self._since_checkpoint = 0
        except (OSError, sqlite3.Error, ProtocolError) as error:
            raise SinkFailed(f"the ledger cannot count: {error}") from None
        refusals = [Refusal(each.index, each.code, each.message) for each in result.errors]
        return Outcome(result.accepted, result.duplicate, refusals)
