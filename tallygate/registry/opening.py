"""The registry that the settings name, for whoever changes it."""

from typing import TYPE_CHECKING

from tallygate.registry.sqlite_store import SqliteStores
from tallygate.registry.store import Stores
from tallygate.settings import Settings

if TYPE_CHECKING:
    from tallygate.registry.redis.store import RedisStores


def stores_of(settings: Settings) -> Stores:
    """That of the home, or the one that listeners share on Redis.

    Raises:
        InputError: The ledger's URL has the wrong form.
        OSError: Redis cannot be reached.
    """
    return shared_stores(settings) if settings.ledger_url else SqliteStores(settings.database)


def shared_stores(settings: Settings) -> "RedisStores":
    """That on Redis. Raises as `stores_of`."""
    from tallygate.redis.installation import partitions_of
    from tallygate.redis.url import parse_url
    from tallygate.registry.redis.keys import RegistryKeys
    from tallygate.registry.redis.store import RedisStores

    url = parse_url(settings.ledger_url)
    return RedisStores(url, RegistryKeys(partitions_of(url, settings.ledger_partitions)))
