"""The store of the errors that the settings name, for whoever reads or purges them."""

from collections.abc import Iterator
from contextlib import contextmanager

from tallygate.integration_errors.store import ErrorStore, SqliteErrorStore
from tallygate.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[ErrorStore]:
    """That of the home, or on Redis, for the thread that asks.

    Raises:
        One of `store.FAILURES`: It cannot be reached now.
        InputError: The ledger's settings do not fit what is on Redis.
    """
    store = _on_redis(settings) if settings.ledger_url else SqliteErrorStore(settings)
    try:
        yield store
    finally:
        store.close()


def _on_redis(settings: Settings) -> ErrorStore:
    from tallygate.integration_errors.redis_store import RedisErrorStore
    from tallygate.redis.installation import partitions_of
    from tallygate.redis.url import parse_url

    url = parse_url(settings.ledger_url)
    return RedisErrorStore(url, partitions_of(url, settings.ledger_partitions), settings)
