"""The keys of the shared registry. All of a service lies in one partition, beside its counters; so does all of a provider key."""

from tallygate.redis.partitions import Partitions


class RegistryKeys:
    """Keys by service or provider key."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        self.count = partitions.count

    def partition(self, name: str) -> int:
        """Of a service's id, or of a provider key."""
        return self._partitions.of(name)

    def revision(self, partition: int) -> bytes:
        """A number that grows with every change of the partition."""
        return self._partitions.key(partition, "revision")

    def journal(self, partition: int) -> bytes:
        """A stream: what changed with each revision, which is the entry's id; fields `s`ervice and `a`pplication, as in SQLite."""
        return self._partitions.key(partition, "journal")

    @property
    def published(self) -> bytes:
        """A number: how far the journal of a catalog's tables was copied."""
        return self._partitions.key(0, "published")

    def service(self, service_id: str) -> bytes:
        """A hash: provider_key, backend_version, state, referrer_filters_required, past_window_s, future_window_s."""
        return self._of(service_id, "service")

    def tokens(self, service_id: str) -> bytes:
        """A set."""
        return self._of(service_id, "tokens")

    def metrics(self, service_id: str) -> bytes:
        """A hash: metric's id -> [name, parent's id]."""
        return self._of(service_id, "metrics")

    def limits(self, service_id: str) -> bytes:
        """A hash: [plan, metric, period] -> value."""
        return self._of(service_id, "limits")

    def alert_limits(self, service_id: str) -> bytes:
        """A set of levels."""
        return self._of(service_id, "alert_limits")

    def applications(self, service_id: str) -> bytes:
        """A hash: application's id -> [state, plan's id, plan's name, redirect URL]."""
        return self._of(service_id, "applications")

    def application_keys(self, service_id: str) -> bytes:
        """A hash: application's id -> its keys."""
        return self._of(service_id, "application_keys")

    def referrer_filters(self, service_id: str) -> bytes:
        """A hash: application's id -> its filters."""
        return self._of(service_id, "referrer_filters")

    def user_keys(self, service_id: str) -> bytes:
        """A hash: user key -> application's id."""
        return self._of(service_id, "user_keys")

    def user_keys_of(self, service_id: str) -> bytes:
        """A hash: application's id -> its user keys."""
        return self._of(service_id, "user_keys_of")

    def provider(self, provider_key: str) -> bytes:
        """A hash: `default` -> the service that is meant when a call names none."""
        return self._of(provider_key, "provider")

    def services(self, provider_key: str) -> bytes:
        """A set: the provider's services."""
        return self._of(provider_key, "services")

    def of_service(self, service_id: str) -> tuple[bytes, ...]:
        """All keys of a service."""
        return tuple(
            self._of(service_id, kind)
            for kind in (
                "service", "tokens", "metrics", "limits", "alert_limits", "applications", "application_keys",
                "referrer_filters", "user_keys", "user_keys_of",
            )
        )  # fmt: skip

    def _of(self, name: str, kind: str) -> bytes:
        return self._partitions.key(self._partitions.of(name), kind, name)
