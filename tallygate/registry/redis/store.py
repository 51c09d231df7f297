"""Transactions on the registry on Redis."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeVar

from tallygate.redis.errors import RedisAway
from tallygate.redis.sync import Client, Error, connect
from tallygate.redis.url import RedisUrl
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.tables import RedisTables
from tallygate.registry.redis.unit import Conflict, Unit
from tallygate.registry.redis.writer import RedisWriter
from tallygate.registry.store import Store

T = TypeVar("T")

_TRIES: Final = 50


class RedisStore(NamedTuple):
    """See `registry.store.Store`."""

    unit: Unit
    tables: RedisTables
    writer: RedisWriter

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with self.unit.savepoint():
            yield


class RedisStores:
    """See `registry.store.Stores`. What is changed over several services is applied one partition after the other."""

    def __init__(self, url: RedisUrl, keys: RegistryKeys) -> None:
        """Nothing is connected before the first transaction."""
        self._url = url
        self._keys = keys
        self._connected: Client | None = None

    def run(self, work: Callable[[Store], T], writing: bool) -> T:
        try:
            for _ in range(_TRIES):
                store = self._begin()
                found = work(store)
                try:
                    store.unit.commit()
                except Conflict:
                    continue
                return found
        except Error as error:
            raise RedisAway(f"the registry on Redis: {error}") from error
        raise RedisAway("the registry on Redis: others are changing the same, again and again")

    def published(self) -> int:
        """How far the tables of a catalog were copied here. Raises RedisAway."""
        try:
            return int(self._client().get(self._keys.published) or 0)
        except Error as error:
            raise RedisAway(f"the registry on Redis: {error}") from error

    def set_published(self, revision: int) -> None:
        """Raises RedisAway."""
        try:
            self._client().set(self._keys.published, revision)
        except Error as error:
            raise RedisAway(f"the registry on Redis: {error}") from error

    def close(self) -> None:
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    def _client(self) -> Client:
        if self._connected is None:
            self._connected = connect(self._url)
        return self._connected

    def _begin(self) -> RedisStore:
        unit = Unit(self._client(), self._keys)
        tables = RedisTables(unit, self._keys)
        return RedisStore(unit, tables, RedisWriter(unit, self._keys, tables))
