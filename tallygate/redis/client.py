"""Commands by partition: to the one server, or to the node of a cluster that has the partition's slot.

the cluster answers          behaviour
MOVED                        the map of slots is read anew, the command goes to the right node
ASK                          this one command goes where the slot is moving to
TRYAGAIN, CLUSTERDOWN,       the map is read anew; tried again after a pause, for a while: a fail-over takes its time
LOADING, READONLY, MASTERDOWN
no connection                the same: a replica may be taking over; but a command that was sent is never sent twice
NOSCRIPT                     the script is sent along
"""

import asyncio
import binascii
import time
from collections.abc import Iterable, Sequence
from hashlib import sha1
from typing import Final

import structlog

from tallygate.redis.connection import Answer, Connection, packed
from tallygate.redis.errors import RedisAway, RedisMoved, RedisRefused
from tallygate.redis.partitions import Partitions
from tallygate.redis.url import Node, RedisUrl

log = structlog.get_logger()

TRY_AGAIN_FOR_S: Final = 3.0
TRY_AGAIN_AFTER_S: Final = 0.1
_FOR_A_WHILE: Final = ("TRYAGAIN", "CLUSTERDOWN", "LOADING", "READONLY", "MASTERDOWN")
SLOTS: Final = 16_384


class Script:
    """A Lua script, called by its digest."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self.sha = sha1(self.text, usedforsecurity=False).hexdigest().encode()

    def start(self, keys: Sequence[bytes], arguments: int) -> bytes:
        """The beginning of a packed call of the script: all but its `arguments` arguments, which `argument` packs."""
        parts = (b"EVALSHA", self.sha, b"%d" % len(keys), *keys)
        head = b"*%d\r\n" % (len(parts) + arguments)
        return head + b"".join(argument(part) for part in parts)


def argument(value: bytes) -> bytes:
    """One argument as Redis' protocol has it."""
    return b"$%d\r\n%b\r\n" % (len(value), value)


class RedisClient:
    """Belongs to the event loop's thread."""

    def __init__(self, url: RedisUrl, partitions: Partitions, scripts: Iterable[Script]) -> None:
        """Call `start` before anything else."""
        self._url = url
        self._partitions = partitions
        self._scripts = tuple(scripts)
        self._connections: dict[Node, Connection] = {}
        self._by_partition: list[Connection] = []
        self._mapping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connects.

        Raises:
            RedisAway: Redis cannot be reached.
        """
        await self._map()

    async def close(self) -> None:
        if self._mapping is not None:
            self._mapping.cancel()
        for connection in self._connections.values():
            await connection.close()

    def send(self, partition: int, command: bytes) -> "asyncio.Future[Answer]":
        """Sends a packed command on keys of a partition, with all others of this turn; raises RedisAway when awaited.

        For the hot path: an answer that asks for another try must be given to `again`.
        """
        return self._by_partition[partition].send(command)

    async def call(self, partition: int, *parts: bytes) -> Answer:
        """Runs a command on keys of a partition. Raises RedisAway."""
        return await self.run(partition, packed(*parts))

    async def run(self, partition: int, command: bytes) -> Answer:
        """Runs a packed command on keys of a partition. Raises RedisAway."""
        try:
            return await self.send(partition, command)
        except RedisAway as error:
            return await self.again(partition, command, error)

    async def again(self, partition: int, command: bytes, error: RedisAway) -> Answer:
        """The answer to a command that could not be run where it was sent.

        Raises:
            RedisAway: It may have been run, or cannot be run.
        """
        give_up_at_s = time.monotonic() + TRY_AGAIN_FOR_S
        while True:
            if not await self._may_be_tried_again(partition, error, give_up_at_s):
                raise error
            try:
                if isinstance(error, RedisMoved) and error.asking:
                    return await self._ask(Node(error.host, error.port), command)
                return await self.send(partition, command)
            except RedisAway as caught:
                error = caught

    async def _may_be_tried_again(
        self, partition: int, error: RedisAway, give_up_at_s: float
    ) -> bool:
        if time.monotonic() > give_up_at_s:
            return False
        if isinstance(error, RedisMoved):
            if not error.asking:
                await self._map_again()
            return True
        if isinstance(error, RedisRefused):
            if error.code == "NOSCRIPT":
                await self._load_scripts(self._by_partition[partition])
                return True
            if error.code not in _FOR_A_WHILE:
                return False
            await asyncio.sleep(TRY_AGAIN_AFTER_S)
            if self._url.cluster:
                await self._map_again()
            return True
        if self._url.cluster:
            await self._map_again()  # for the next command; this one may have been run
        return False

    async def _ask(self, node: Node, command: bytes) -> Answer:
        connection = self._connection(node)
        asking = connection.send(packed(b"ASKING"))
        answer = connection.send(command)
        await asking
        return await answer

    # Which node has which partition

    async def _map_again(self) -> None:
        if self._mapping is None or self._mapping.done():
            self._mapping = asyncio.create_task(self._map())
        try:
            await asyncio.shield(self._mapping)
        except RedisAway as error:
            log.warning("the cluster's nodes are not known", reason=str(error))

    async def _map(self) -> None:
        if not self._url.cluster:
            connection = self._connection(self._url.nodes[0])
            await self._load_scripts(connection)
            self._by_partition = [connection] * self._partitions.count
            return
        nodes = await self._nodes_by_slot()
        found = [nodes.get(slot_of(number)) for number in range(self._partitions.count)]
        if None in found:
            raise RedisAway("the cluster has no node for some slots")
        known = dict(self._connections)
        self._by_partition = [self._connection(node) for node in found if node is not None]
        for node, connection in self._connections.items():
            if node not in known and connection in self._by_partition:
                await self._load_scripts(connection)

    async def _nodes_by_slot(self) -> dict[int, Node]:
        """Asks one node after the other."""
        error = RedisAway("no node of the cluster is known")
        for node in dict.fromkeys((*self._connections, *self._url.nodes)):
            try:
                ranges = await self._connection(node).send(packed(b"CLUSTER", b"SLOTS"))
            except RedisAway as caught:
                error = caught
                continue
            if ranges:
                return _by_slot(ranges, node)
        raise error

    async def _load_scripts(self, connection: Connection) -> None:
        for script in self._scripts:
            await connection.send(packed(b"SCRIPT", b"LOAD", script.text))

    def _connection(self, node: Node) -> Connection:
        found = self._connections.get(node)
        if found is None:
            found = self._connections[node] = Connection(node, self._url)
        return found


def slot_of(partition: int) -> int:
    """The cluster's slot of a partition: of its hash tag, the number in decimal."""
    return binascii.crc_hqx(b"%d" % partition, 0) % SLOTS


def _by_slot(ranges: Sequence[Answer], asked: Node) -> dict[int, Node]:
    """The masters by slot, of an answer to CLUSTER SLOTS; a node that does not know its own address is the one asked."""
    found: dict[int, Node] = {}
    for first, last, master, *_ in ranges:
        host, port = (master[0] or b"").decode(), int(master[1])
        node = Node(host or asked.host, port)
        found.update(dict.fromkeys(range(first, last + 1), node))
    return found
