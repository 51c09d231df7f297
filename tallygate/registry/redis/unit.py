"""A unit of work: what is read is what was written in it; what is written is applied at its end, partition by partition.

within one partition     all or nothing, and only if nobody has changed the partition since it was first read
over several partitions  one after the other: when a later one has changed meanwhile, the work is done again
after an error           nothing of what was not yet applied
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Final

import msgspec

from tallygate.redis.client import Script
from tallygate.redis.sync import Client
from tallygate.registry.redis.keys import RegistryKeys

KEEP_REVISIONS: Final = 10_000
COMMIT: Final = Script(files("tallygate.registry.redis").joinpath("commit.lua").read_text("utf-8"))

_DROPPED_AT_ONCE: Final = 1_000
"""A script takes some thousands of arguments."""

_pack: Final = msgspec.msgpack.Encoder().encode

Change = tuple[bytes, ...]
"""A command with its key and arguments, all valid UTF-8."""


class Conflict(Exception):
    """Somebody else has changed what was read."""


class Unit:
    """Reads and writes hashes and sets of strings."""

    def __init__(self, client: Client, keys: RegistryKeys) -> None:
        self._client = client
        self._keys = keys
        self._revisions: dict[int, bytes] = {}
        self._commands: list[tuple[int, Change]] = []
        self._changes: list[tuple[int, str, str]] = []
        self._hashes: dict[bytes, dict[bytes, bytes | None]] = {}
        self._sets: dict[bytes, dict[bytes, bool]] = {}
        self._gone: set[bytes] = set()

    # Reading

    def get(self, partition: int, key: bytes, field: bytes) -> bytes | None:
        """A field of a hash."""
        written = self._hashes.get(key, {})
        if field in written:
            return written[field]
        return None if key in self._gone else self._read(partition).hget(key, field)

    def items(self, partition: int, key: bytes) -> dict[bytes, bytes]:
        """All of a hash."""
        stored = {} if key in self._gone else self._read(partition).hgetall(key)
        merged = {**stored, **self._hashes.get(key, {})}
        return {field: value for field, value in merged.items() if value is not None}

    def fields(self, partition: int, key: bytes) -> set[bytes]:
        """The fields of a hash."""
        found = set() if key in self._gone else set(self._read(partition).hkeys(key))
        for field, value in self._hashes.get(key, {}).items():
            (found.discard if value is None else found.add)(field)
        return found

    def members(self, partition: int, key: bytes) -> set[bytes]:
        """All of a set."""
        found = set() if key in self._gone else set(self._read(partition).smembers(key))
        for member, there in self._sets.get(key, {}).items():
            (found.add if there else found.discard)(member)
        return found

    def has(self, partition: int, key: bytes, member: bytes) -> bool:
        """Whether it is in a set."""
        written = self._sets.get(key, {})
        if member in written:
            return written[member]
        return key not in self._gone and bool(self._read(partition).sismember(key, member))

    def notes(self, partition: int, service_id: str, application_id: str) -> list[bytes]:
        """The ids of the entries of the journal that name an application."""
        names = {b"s": service_id.encode(), b"a": application_id.encode()}
        journal = self._read(partition).xrange(self._keys.journal(partition))
        return [entry_id for entry_id, fields in journal if fields == names]

    # Writing

    def put(self, partition: int, key: bytes, field: bytes, value: bytes) -> None:
        self._hashes.setdefault(key, {})[field] = value
        self._write(partition, b"HSET", key, field, value)

    def drop(self, partition: int, key: bytes, field: bytes) -> None:
        """Of a hash."""
        self._hashes.setdefault(key, {})[field] = None
        self._write(partition, b"HDEL", key, field)

    def add(self, partition: int, key: bytes, member: bytes) -> None:
        self._sets.setdefault(key, {})[member] = True
        self._write(partition, b"SADD", key, member)

    def remove(self, partition: int, key: bytes, member: bytes) -> None:
        self._sets.setdefault(key, {})[member] = False
        self._write(partition, b"SREM", key, member)

    def delete(self, partition: int, key: bytes) -> None:
        """All of a key."""
        self._hashes.pop(key, None)
        self._sets.pop(key, None)
        self._gone.add(key)
        self._write(partition, b"UNLINK", key)

    def drop_notes(self, partition: int, ids: Sequence[bytes]) -> None:
        """Takes entries out of the journal. Listeners that miss them look up all of the partition anew."""
        for start in range(0, len(ids), _DROPPED_AT_ONCE):
            dropped = ids[start : start + _DROPPED_AT_ONCE]
            self._write(partition, b"XDEL", self._keys.journal(partition), *dropped)

    def changed(self, partition: int, service_id: str, application_id: str = "") -> None:
        """Notes for the journal what listeners have to forget."""
        self._read(partition)
        change = (partition, service_id, application_id)
        if change not in self._changes[-3:]:
            self._changes.append(change)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What the block wrote is taken back when it raises."""
        before = (len(self._commands), len(self._changes))
        written = (
            {key: dict(fields) for key, fields in self._hashes.items()},
            {key: dict(members) for key, members in self._sets.items()},
            set(self._gone),
        )
        try:
            yield
        except BaseException:
            del self._commands[before[0] :], self._changes[before[1] :]
            self._hashes, self._sets, self._gone = written
            raise

    def commit(self) -> None:
        """Applies what was written.

        Raises:
            Conflict: Not all of it: the work has to be done again.
        """
        for partition in dict.fromkeys(
            (*(change[0] for change in self._changes), *(each for each, _ in self._commands))
        ):
            self._apply(partition)

    def _apply(self, partition: int) -> None:
        commands = [command for each, command in self._commands if each == partition]
        changes = [part for each, *what in self._changes if each == partition for part in what]
        answer = self._client.eval(
            COMMIT.text,
            2,
            self._keys.revision(partition),
            self._keys.journal(partition),
            self._revisions.get(partition, b"0"),
            KEEP_REVISIONS,
            _pack(changes),
            _pack([[part.decode() for part in command] for command in commands]),
        )
        if not answer:
            raise Conflict

    def _read(self, partition: int) -> Any:
        """The client, once it is known at which revision the partition is read."""
        if partition not in self._revisions:
            revision = self._client.get(self._keys.revision(partition))
            self._revisions[partition] = revision or b"0"
        return self._client

    def _write(self, partition: int, *command: bytes) -> None:
        self._read(partition)
        self._commands.append((partition, command))
