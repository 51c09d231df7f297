"""The registry on Redis as a listener reads it: from a bounded memory, and never stale.

looked up                    known to be true because
in memory, and then counted  the ledger's script compares the partition's revision with the one that was seen
in memory, and not counted   `is_current` asks for the revisions before the answer leaves
not in memory                it is fetched now; that it does not exist is not remembered
a provider's default service it is in memory only with the service, whose partition's revision changes when another becomes the default
"""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

from tallygate.redis.client import RedisClient
from tallygate.redis.connection import Answer, packed
from tallygate.redis.revisions import Revisions
from tallygate.registry.cache import Cache
from tallygate.registry.contract import Kind, NotLoaded, Wanted
from tallygate.registry.records import Application
from tallygate.registry.redis.documents import unpacked
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.tables import limits_of, metrics_of, service_of
from tallygate.registry.views import ApplicationView, ServiceView

_MANY_CHANGES: Final = 500
"""From so many on, at once, all of a partition is forgotten: to go through them would hold up calls for longer than to read anew."""

_NEUTRAL: Final = "-"
"""In place of an application: nothing of what listeners remember has changed."""


class RedisRegistry:
    """See `registry.contract.Registry`."""

    def __init__(
        self,
        client: RedisClient,
        keys: RegistryKeys,
        revisions: Revisions,
        cached_applications: int = 50_000,
    ) -> None:
        """
        Args:
            revisions: Of what is in memory; the ledger's scripts check them.
            cached_applications: More than one call looks up, since a call goes on only when all that it needs is in memory.
        """
        self._client = client
        self._keys = keys
        self._revisions = revisions
        self._read: set[int] = set()
        """Partitions of which something may be in memory."""
        self._services: dict[str, ServiceView] = {}
        self._defaults: dict[str, str] = {}
        self._applications: Cache[tuple[str, str], ApplicationView] = Cache(cached_applications)
        self._user_keys: Cache[tuple[str, str], str] = Cache(cached_applications)
        self._absent: set[Wanted] = set()
        self._checking: asyncio.Task[None] | None = None
        self._next_check: asyncio.Task[None] | None = None
        self.revision = 0

    def refresh(self) -> None:
        if self._absent:
            self._absent = set()

    def service(self, service_id: str) -> ServiceView | None:
        found = self._services.get(service_id)
        if found is None:
            self._require_absent("service", service_id)
        return found

    def default_service_id(self, provider_key: str) -> str | None:
        found = self._defaults.get(provider_key)
        if found is None:
            self._require_absent("default", provider_key)
        return found

    def application(self, service_id: str, application_id: str) -> ApplicationView | None:
        found = self._applications.get((service_id, application_id))
        if found is None:
            self._require_absent("application", service_id, application_id)
        return found

    def application_id_of(self, service_id: str, user_key: str) -> str | None:
        found = self._user_keys.get((service_id, user_key))
        if found is None:
            self._require_absent("user_key", service_id, user_key)
        return found

    async def fetch(self, wanted: Collection[Wanted]) -> None:
        await self._begin({self._keys.partition(each.names[0]) for each in wanted})
        found = await asyncio.gather(*(self._fetch(each) for each in wanted))
        self._absent.update(each for each, there in zip(wanted, found, strict=True) if not there)

    async def is_current(self) -> bool:
        """By a check that begins after this was called; calls at once share one."""
        before = self.revision
        if self._checking is None:
            self._checking = asyncio.create_task(self._check())
            await asyncio.shield(self._checking)
        else:
            if self._next_check is None:
                self._next_check = asyncio.create_task(self._check_after(self._checking))
            await asyncio.shield(self._next_check)
        return self.revision == before

    def _require_absent(self, kind: Kind, *names: str) -> None:
        """Raises NotLoaded unless it was just found not to exist."""
        wanted = Wanted(kind, names)
        if wanted not in self._absent:
            raise NotLoaded((wanted,))

    # Fetching

    async def _begin(self, partitions: Iterable[int]) -> None:
        """From now on it is known whether these partitions change."""
        new = [each for each in partitions if each not in self._read]
        if new:
            for partition, revision in zip(new, await self._ask_revisions(new), strict=True):
                if partition not in self._read:  # another call may have begun meanwhile
                    self._revisions.seen[partition] = revision
                    self._read.add(partition)

    async def _fetch(self, wanted: Wanted) -> bool:
        """Brings it into memory; returns whether it exists."""
        name = wanted.names[0]
        if wanted.kind == "service":
            return await self._fetch_service(name)
        if wanted.kind == "application":
            return await self._fetch_application(name, wanted.names[1])
        if wanted.kind == "user_key":
            value = await self._get(name, self._keys.user_keys(name), wanted.names[1])
            if value is not None:
                self._user_keys.put((name, wanted.names[1]), value.decode())
            return value is not None
        return await self._fetch_default(name)

    async def _fetch_service(self, service_id: str) -> bool:
        keys, partition = self._keys, self._keys.partition(service_id)
        commands = (
            packed(b"HGETALL", keys.service(service_id)),
            packed(b"SMEMBERS", keys.tokens(service_id)),
            packed(b"HGETALL", keys.metrics(service_id)),
            packed(b"HGETALL", keys.limits(service_id)),
            packed(b"SMEMBERS", keys.alert_limits(service_id)),
        )
        fields, tokens, metrics, limits, levels = await asyncio.gather(
            *(self._client.run(partition, command) for command in commands)
        )
        if not fields:
            return False
        self._services[service_id] = ServiceView(
            service_of(service_id, _hash(fields)),
            [token.decode() for token in tokens],
            metrics_of(service_id, _hash(metrics)),
            limits_of(service_id, _hash(limits)),
            map(int, levels),
        )
        return True

    async def _fetch_application(self, service_id: str, application_id: str) -> bool:
        keys = self._keys
        document, app_keys, filters = await asyncio.gather(
            self._get(service_id, keys.applications(service_id), application_id),
            self._get(service_id, keys.application_keys(service_id), application_id),
            self._get(service_id, keys.referrer_filters(service_id), application_id),
        )
        if document is None:
            return False
        application = Application(service_id, application_id, *unpacked(document))
        view = ApplicationView(application, unpacked(app_keys), unpacked(filters))
        self._applications.put((service_id, application_id), view)
        return True

    async def _fetch_default(self, provider_key: str) -> bool:
        """With the service itself: what vouches for it is the service's partition."""
        value = await self._get(provider_key, self._keys.provider(provider_key), "default")
        if value is None:
            return False
        service_id = value.decode()
        await self._begin([self._keys.partition(service_id)])
        # Asked again: it may have moved before the service's partition was watched.
        again = await self._get(provider_key, self._keys.provider(provider_key), "default")
        if again != value:
            return await self._fetch_default(provider_key)
        self._defaults[provider_key] = service_id
        return True

    async def _get(self, name: str, key: bytes, field: str) -> bytes | None:
        partition = self._keys.partition(name)
        found: bytes | None = await self._client.call(partition, b"HGET", key, field.encode())
        return found

    # Noticing changes

    async def _check_after(self, running: "asyncio.Task[None]") -> None:
        await asyncio.wait((running,))
        self._checking, self._next_check = self._next_check, None
        await self._check()

    async def _check(self) -> None:
        try:
            read = list(self._read)
            revisions = await self._ask_revisions(read)
            for partition, revision in zip(read, revisions, strict=True):
                if revision != self._revisions.seen[partition]:
                    await self._forget_changed(partition, revision)
        finally:
            if self._checking is asyncio.current_task():
                self._checking = None

    async def _ask_revisions(self, partitions: Collection[int]) -> list[bytes]:
        commands = [packed(b"GET", self._keys.revision(each)) for each in partitions]
        answers = await asyncio.gather(
            *(
                self._client.run(partition, command)
                for partition, command in zip(partitions, commands, strict=True)
            )
        )
        return [answer or b"0" for answer in answers]

    async def _forget_changed(self, partition: int, revision: bytes) -> None:
        seen = int(self._revisions.seen[partition])
        entries = await self._client.call(
            partition,
            b"XRANGE",
            self._keys.journal(partition),
            b"%d-0" % (seen + 1),
            b"%b-0" % revision,
            b"COUNT",
            b"%d" % _MANY_CHANGES,
        )
        self._revisions.seen[partition] = revision
        self.revision += 1
        if (
            len(entries) != int(revision) - seen
        ):  # too many, or no longer in the journal, or taken back
            self._forget_all(partition)
            return
        for _, fields in entries:
            changed = _hash(fields)
            self._forget(partition, changed[b"s"].decode(), changed[b"a"].decode())

    def _forget(self, partition: int, service_id: str, application_id: str) -> None:
        if application_id == _NEUTRAL and not service_id:
            return
        if not service_id:
            self._forget_all(partition)
        elif not application_id:
            self._services.pop(service_id, None)
            self._forget_defaults(service_id)
        else:
            self._applications.forget((service_id, application_id))
            self._user_keys.clear()  # the journal names the application, not its former key

    def _forget_all(self, partition: int) -> None:
        of = self._keys.partition
        for service_id in [each for each in self._services if of(each) == partition]:
            del self._services[service_id]
        for service_id in [each for each in self._defaults.values() if of(each) == partition]:
            self._forget_defaults(service_id)
        self._applications.clear()
        self._user_keys.clear()

    def _forget_defaults(self, service_id: str) -> None:
        self._defaults = {
            key: default for key, default in self._defaults.items() if default != service_id
        }


def _hash(answer: Answer) -> dict[bytes, bytes]:
    """Of the flat list that Redis answers with."""
    return dict(zip(answer[::2], answer[1::2], strict=True))
