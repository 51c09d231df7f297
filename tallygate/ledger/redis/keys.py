"""The keys of the shared ledger. `docs/architecture.md` lists them."""

from tallygate.redis.partitions import Partitions


class Keys:
    """Keys by service; `partition` tells where a service's keys lie."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        self.count = partitions.count

    def partition(self, service: str) -> int:
        return self._partitions.of(service)

    def revision(self, partition: int) -> bytes:
        return self._partitions.key(partition, "revision")

    def counters(self, service: str, application: str) -> bytes:
        """A hash: metric -> counter; '' -> what was raised of the application."""
        return self._key(service, "counters", service, application)

    def applications(self, service: str) -> bytes:
        """A set: the applications that have counters."""
        return self._key(service, "counted", service)

    def id(self, service: str, digest: bytes) -> bytes:
        """A string: digests of what was counted under this id, and of whose it is."""
        return self._key(service, "id", digest.hex())

    def ids(self, partition: int) -> bytes:
        """How the names of all ids of a partition begin."""
        return self._partitions.key(partition, "id") + b":"

    def log(self, partition: int) -> bytes:
        """A stream: records, as in the segments of the embedded log, in the field `e`."""
        return self._partitions.key(partition, "log")

    def raised(self, partition: int) -> bytes:
        """A list: events that wait for their ids."""
        return self._partitions.key(partition, "raised")

    def taken(self, partition: int) -> bytes:
        """A number: how many events have left the list."""
        return self._partitions.key(partition, "taken")

    @property
    def events(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Events by id (sorted set), last id, last id of an alert, admitted by partition (hash): all in partition 0."""
        key = self._partitions.key
        return key(0, "events"), key(0, "event"), key(0, "alert"), key(0, "admitted")

    @property
    def noticed(self) -> bytes:
        """When somebody last claimed to tell of events, UTC seconds; in partition 0."""
        return self._partitions.key(0, "noticed")

    def _key(self, service: str, *parts: str) -> bytes:
        return self._partitions.key(self._partitions.of(service), *parts)
