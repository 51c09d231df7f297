"""What the listener is made of: of one machine, or shared on Redis, as the settings say."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, NamedTuple, TypeVar

from tallygate.domain.clock import Clock
from tallygate.domain.errors import Busy
from tallygate.integration_errors.store import ErrorStore, SqliteErrorStore
from tallygate.ledger.contract import Ledger
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.listener.watching import missed
from tallygate.process import is_successor, tell_that_it_can_take_over
from tallygate.registry.contract import Registry
from tallygate.registry.reader import SqliteRegistry
from tallygate.registry.sqlite_store import SqliteStores
from tallygate.registry.store import Stores
from tallygate.settings import Settings

L = TypeVar("L")

_TRY_EVERY_S: Final = 0.005


class Parts(NamedTuple):
    """
    Attributes:
        stores: The registry, to be changed.
        errors: Where integration errors are kept.
        settle: To be awaited before the parts are closed, while calls still come: then closing takes no time.
    """

    ledger: Ledger
    registry: Registry
    stores: Stores
    errors: ErrorStore
    settle: Callable[[], Awaitable[None]]


def opened(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Parts]:
    """The parts of the settings' home, or on the Redis that they name, for as long as the `async with` lasts.

    Raises:
        Busy, LogCorrupt: The ledger cannot be opened.
        InputError: The settings make no sense.
        OSError, sqlite3.Error: Something cannot be reached.
    """
    return _shared(settings, clock) if settings.ledger_url else _embedded(settings, clock)


@asynccontextmanager
async def _embedded(settings: Settings, clock: Clock) -> AsyncIterator[Parts]:
    with (
        contextlib.closing(SqliteRegistry(settings.database)) as registry,
        await patiently(lambda: EmbeddedLedger.open(settings, clock)) as ledger,
    ):
        ledger.attach(asyncio.get_running_loop())
        ledger.raise_missed(missed(ledger, registry, ledger.replayed))
        stores, errors = SqliteStores(settings.database), SqliteErrorStore(settings)
        yield Parts(ledger, registry, stores, errors, ledger.checkpoint)


async def patiently(opened: Callable[[], L]) -> L:
    """What `opened` gives: a ledger of the home, for which a successor waits as long as somebody else still has it."""
    if not is_successor():
        return opened()
    tell_that_it_can_take_over()
    while True:
        try:
            return opened()
        except Busy:
            await asyncio.sleep(_TRY_EVERY_S)


@asynccontextmanager
async def _shared(settings: Settings, clock: Clock) -> AsyncIterator[Parts]:
    from tallygate.integration_errors.redis_store import RedisErrorStore
    from tallygate.ledger.redis import scripts
    from tallygate.ledger.redis.keys import Keys
    from tallygate.ledger.redis.ledger import RedisLedger
    from tallygate.redis.client import RedisClient
    from tallygate.redis.installation import partitions_of
    from tallygate.redis.revisions import Revisions
    from tallygate.redis.url import parse_url
    from tallygate.registry.redis.keys import RegistryKeys
    from tallygate.registry.redis.reader import RedisRegistry
    from tallygate.registry.redis.store import RedisStores

    url = parse_url(settings.ledger_url)
    partitions = partitions_of(url, settings.ledger_partitions)
    client = RedisClient(url, partitions, scripts.ALL)
    await client.start()
    if is_successor():
        tell_that_it_can_take_over()
    try:
        revisions, registry_keys = Revisions(partitions.count), RegistryKeys(partitions)
        yield Parts(
            RedisLedger(client, Keys(partitions), revisions, clock, settings),
            RedisRegistry(client, registry_keys, revisions),
            RedisStores(url, registry_keys),
            RedisErrorStore(url, partitions, settings),
            nothing,
        )
    finally:
        await client.close()


async def nothing() -> None:
    """All is settled always."""
