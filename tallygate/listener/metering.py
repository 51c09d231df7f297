"""Metering of the providers' own use of the API: it is counted in a master service, if one is set.

A provider is the application of the master service whose user key is the provider key. Its use goes the way of any other: counters,
events, history; it denies no call. An unknown provider key counts nothing, nor does a metric that the master service does not have.
"""

from collections.abc import Awaitable
from typing import Any, NamedTuple

import structlog

from tallygate.domain.clock import Clock
from tallygate.ledger.contract import Ledger, Stale
from tallygate.ledger.entry import Entry
from tallygate.listener.usage import effective_usage
from tallygate.listener.watching import watch
from tallygate.registry.contract import Registry, looked_up
from tallygate.registry.views import ServiceView
from tallygate.settings import Settings

log = structlog.get_logger()


class Used(NamedTuple):
    """How often something was asked of the API."""

    authorizations: int
    transactions: int


class Metering:
    """Counts use in the master service."""

    def __init__(
        self, registry: Registry, ledger: Ledger, clock: Clock, settings: Settings
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._master = settings.master_service
        self._names = (settings.master_authorize_metric, settings.master_transactions_metric)

    async def count(self, provider_key: str, used: Used) -> None:
        """Durable when it returns, or there is a line in the log: what is metered has happened already."""
        try:
            while True:
                entry = await looked_up(self._registry, lambda: self.entry(provider_key, used))
                if entry is None:
                    return
                try:
                    await self.record(entry)
                except Stale:
                    await self._registry.is_current()
                else:
                    return
        except OSError as error:
            not_metered(error)

    def entry(self, provider_key: str, used: Used) -> Entry | None:
        """What the use counts; None: nothing. Raises NotLoaded."""
        view, application = self._provider(provider_key)
        if view is None or application is None:
            return None
        given = {
            name: str(number)
            for name, number in zip(self._names, used, strict=True)
            if number and name in view.metric_ids
        }
        adds = effective_usage(given, view, flat=False).adds
        now_ms = self._clock.now_ms()
        return Entry(self._master, application, now_ms, adds) if adds else None

    def record(self, entry: Entry) -> Awaitable[None]:
        """Counts an entry at once, in the same batch as what was counted before in this turn. Await what it returns.

        Raises:
            NotLoaded
        """
        view = self._registry.service(entry.service)
        watched: list[Any] = watch(self._ledger, self._registry, view, [entry]) if view else []
        return self._ledger.record([entry], watched=watched).batch

    def _provider(self, provider_key: str) -> tuple[ServiceView | None, str | None]:
        """The master service, and the provider's application in it."""
        registry = self._registry
        view = registry.service(self._master)
        found = registry.application_id_of(self._master, provider_key)
        if found is None or registry.application(self._master, found) is None:
            return view, None
        return view, found


def not_metered(error: OSError) -> None:
    """The call itself is answered as it would be without metering."""
    log.warning("a call was not metered", reason=error.strerror)
