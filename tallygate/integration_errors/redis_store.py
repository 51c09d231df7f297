"""The errors on Redis, for listeners on many machines. All of a service lies in its partition.

bounded by    how
time          a group leaves when its last error is older than the window
size          a service may hold as much as a partition's share of the whole; its oldest groups go first
"""

from collections.abc import Sequence
from hashlib import blake2b
from heapq import nlargest
from importlib.resources import files
from typing import Final

import msgspec

from tallygate.integration_errors.record import Context, Group, Naming, Page
from tallygate.integration_errors.store import group_bytes
from tallygate.redis.errors import RedisAway
from tallygate.redis.partitions import Partitions
from tallygate.redis.sync import Client, Error, connect
from tallygate.redis.url import RedisUrl
from tallygate.settings import Settings

_ADD: Final = files("tallygate.integration_errors").joinpath("redis_add.lua").read_text("utf-8")


class _Said(msgspec.Struct, frozen=True):
    """What of a group does not add up."""

    code: str
    message: str
    context: Context


_encode: Final = msgspec.json.Encoder().encode
_said: Final = msgspec.json.Decoder(_Said).decode
_stored: Final = msgspec.msgpack.Decoder(tuple[str, int, int, int, int]).decode


class RedisErrorStore:
    """See `store.ErrorStore`."""

    def __init__(self, url: RedisUrl, partitions: Partitions, settings: Settings) -> None:
        """Nothing is connected before it is first used."""
        self._url = url
        self._partitions = partitions
        self._window_ms = settings.integration_error_days * 86_400_000
        self._max_bytes = settings.integration_error_bytes // partitions.count
        self._connected: Client | None = None

    def add(self, groups: Sequence[Group], now_ms: int) -> None:
        by_service: dict[str, list[Group]] = {}
        for group in groups:
            by_service.setdefault(group.service, []).append(group)
        for service, of_service in by_service.items():
            given = [part for group in of_service for part in _parts(group)]
            since_ms = self._since_ms(now_ms)
            try:
                self._client().eval(
                    _ADD, 3, *self._keys(service), service, since_ms, self._max_bytes, *given
                )
            except Error as error:
                raise self._away(error) from error

    def page(self, service: str, now_ms: int, page: int, per_page: int) -> Page:
        groups_key, order, _ = self._keys(service)
        since_ms = self._since_ms(now_ms)
        begin = (page - 1) * per_page
        try:
            client = self._client()
            total = client.zcount(order, since_ms * 1000, "+inf")
            digests = client.zrevrangebyscore(order, "+inf", since_ms * 1000, begin, per_page)
            stored = client.hmget(groups_key, digests) if digests else []
        except Error as error:
            raise self._away(error) from error
        return Page([_group(service, each) for each in stored if each], int(total))

    def newest(self, services: Sequence[str], now_ms: int, limit: int) -> list[Group]:
        found = [
            group for service in services for group in self.page(service, now_ms, 1, limit).groups
        ]
        return nlargest(limit, found, key=lambda group: group.last_ms)

    def delete(self, service: str) -> int:
        groups, order, held = self._keys(service)
        try:
            client = self._client()
            count = int(client.zcard(order))
            client.unlink(groups, order)
            client.hdel(held, service)
        except Error as error:
            raise self._away(error) from error
        return count

    def count_of(self, service: str, naming: Naming) -> int:
        return len(self._naming(service, naming))

    def forget(self, service: str, naming: Naming) -> int:
        groups, order, held = self._keys(service)
        found = self._naming(service, naming)
        try:
            for digest, size_bytes in found.items():
                if self._client().hdel(groups, digest):
                    self._client().zrem(order, digest)
                    self._client().hincrby(held, service, -size_bytes)
        except Error as error:
            raise self._away(error) from error
        return len(found)

    def _naming(self, service: str, naming: Naming) -> dict[bytes, int]:
        """By digest, the bytes of the groups that do."""
        try:
            stored = self._client().hgetall(self._keys(service)[0])
        except Error as error:
            raise self._away(error) from error
        return {
            digest: _stored(each)[-1]
            for digest, each in stored.items()
            if naming(_group(service, each))
        }

    def close(self) -> None:
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    def _keys(self, service: str) -> tuple[bytes, bytes, bytes]:
        """Groups by digest, digests by time, bytes held by service."""
        partition, key = self._partitions.of(service), self._partitions.key
        return (
            key(partition, "errors", service),
            key(partition, "errors_by_time", service),
            key(partition, "error_bytes"),
        )

    def _since_ms(self, now_ms: int) -> int:
        return now_ms - self._window_ms if self._window_ms else 0

    def _client(self) -> Client:
        if self._connected is None:
            self._connected = connect(self._url)
        return self._connected

    def _away(self, error: Exception) -> RedisAway:
        return RedisAway(f"the integration errors on Redis: {error}")


def _parts(group: Group) -> tuple[bytes | int, ...]:
    """As the script wants a group."""
    digest = blake2b(f"{group.code}\0{group.message}".encode(), digest_size=16).hexdigest()
    said = _encode(_Said(group.code, group.message, group.context))
    return digest.encode(), said, group.first_ms, group.last_ms, group.count, group_bytes(group)


def _group(service: str, stored: bytes) -> Group:
    said_json, first_ms, last_ms, count, _ = _stored(stored)
    said = _said(said_json)
    return Group(service, said.code, said.message, first_ms, last_ms, count, said.context)
