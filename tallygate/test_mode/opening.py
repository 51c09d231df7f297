"""Opens the listener of a home in test mode."""

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from msgspec.structs import replace

from tallygate.domain.errors import InputError
from tallygate.listener.app import Listener
from tallygate.listener.parts import Parts, nothing, patiently
from tallygate.listener.server import Served
from tallygate.registry.reader import SqliteRegistry
from tallygate.registry.sqlite_store import SqliteStores
from tallygate.settings import Settings, load_secrets
from tallygate.test_mode.app import TestModeApp
from tallygate.test_mode.clock import SettableClock
from tallygate.test_mode.commands import Commands, Controlled, ErrorsThatCanBeCleared
from tallygate.test_mode.ledger import RewindableLedger
from tallygate.test_mode.posting import PostedErrors, PostedEvents, add_endpoints

log = structlog.get_logger()

_NEVER: Final = 2**31
"""Bytes, until the log's segment is closed and may be removed; seconds, until a checkpoint."""


@asynccontextmanager
async def opened(given: Settings, host: str) -> AsyncIterator[Served]:
    """The listener, and the commands by which a test suite controls it.

    Args:
        host: The numeric address to which it is bound.

    Raises:
        InputError: It could be reached from other machines, or its ledger is not the home's own.
        Busy, LogCorrupt, OSError, sqlite3.Error: It cannot start.
    """
    _refuse_unless_alone(given, host)
    # Nothing leaves by its age, of which a clock that jumps makes nonsense.
    settings = replace(
        given,
        segment_bytes=_NEVER,
        checkpoint_s=_NEVER,
        event_days=0,
        integration_error_days=0,
    )
    clock = SettableClock()
    with contextlib.closing(SqliteRegistry(settings.database)) as registry:
        ledger = await patiently(lambda: RewindableLedger(settings, clock))
        with contextlib.closing(ledger):
            ledger.attach(asyncio.get_running_loop())
            errors = ErrorsThatCanBeCleared(settings)
            stores = SqliteStores(settings.database)
            parts = Parts(ledger, registry, stores, errors, nothing)
            token = load_secrets(settings.home).internal_token
            with contextlib.closing(Listener(parts, clock, settings, token)) as listener:
                events = PostedEvents(registry, ledger)
                add_endpoints(listener.internal, events, PostedErrors(registry, listener.errors))
                controlled = Controlled(settings, clock, ledger, registry, errors, listener, events)
                listener.start()
                log.warning(
                    "test mode: programs of this machine may delete all", home=str(settings.home)
                )
                with contextlib.closing(Commands(controlled)) as commands:
                    yield Served(TestModeApp(listener, commands), parts.settle)


def _refuse_unless_alone(settings: Settings, host: str) -> None:
    if not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise InputError(
            f"test mode must be bound to a loopback address, not {host}: whoever reaches it may delete all"
        )
    if settings.ledger_url:
        raise InputError(
            "test mode works on the data folder's own ledger, not on TALLYGATE_LEDGER_URL"
        )
