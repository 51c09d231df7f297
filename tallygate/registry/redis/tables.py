"""The registry on Redis as it is now, inside a unit of work."""

from collections.abc import Iterator

from msgspec.structs import replace

from tallygate.registry.records import Application, Limit, Metric, Service
from tallygate.registry.redis.documents import packed, unpacked
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.unit import Unit


class RedisTables:
    """See `registry.store.Tables`."""

    def __init__(self, unit: Unit, keys: RegistryKeys) -> None:
        self._unit = unit
        self._keys = keys

    def service(self, service_id: str) -> Service | None:
        fields = self._unit.items(self._at(service_id), self._keys.service(service_id))
        if not fields:
            return None
        found = service_of(service_id, fields)
        return replace(found, default=self.default_service_id(found.provider_key) == service_id)

    def service_ids(self, provider_key: str) -> list[str]:
        services = self._keys.services(provider_key)
        return [each.decode() for each in self._unit.members(self._at(provider_key), services)]

    def default_service_id(self, provider_key: str) -> str | None:
        return self._text(provider_key, self._keys.provider(provider_key), "default")

    def tokens(self, service_id: str) -> list[str]:
        tokens = self._keys.tokens(service_id)
        return [each.decode() for each in self._unit.members(self._at(service_id), tokens)]

    def has_token(self, service_id: str, token: str) -> bool:
        tokens = self._keys.tokens(service_id)
        return self._unit.has(self._at(service_id), tokens, token.encode())

    def metrics(self, service_id: str) -> Iterator[Metric]:
        fields = self._unit.items(self._at(service_id), self._keys.metrics(service_id))
        return metrics_of(service_id, fields)

    def metric(self, service_id: str, metric_id: str) -> Metric | None:
        metrics = self._keys.metrics(service_id)
        value = self._unit.get(self._at(service_id), metrics, metric_id.encode())
        return None if value is None else Metric(service_id, metric_id, *unpacked(value))

    def limits(self, service_id: str) -> Iterator[Limit]:
        fields = self._unit.items(self._at(service_id), self._keys.limits(service_id))
        return limits_of(service_id, fields)

    def limit(self, service_id: str, plan_id: str, metric_id: str, period: str) -> Limit | None:
        limits, field = self._keys.limits(service_id), packed(plan_id, metric_id, period)
        value = self._unit.get(self._at(service_id), limits, field)
        return None if value is None else Limit(service_id, plan_id, metric_id, period, int(value))

    def alert_levels(self, service_id: str) -> list[int]:
        levels = self._unit.members(self._at(service_id), self._keys.alert_limits(service_id))
        return sorted(map(int, levels))

    def application_ids(self, service_id: str) -> list[str]:
        applications = self._keys.applications(service_id)
        fields = self._unit.fields(self._at(service_id), applications)
        return [field.decode() for field in fields]

    def traces(self, service_id: str, application_id: str) -> int:
        at, keys, name = self._at(service_id), self._keys, application_id.encode()
        hashes = (
            keys.applications(service_id),
            keys.application_keys(service_id),
            keys.referrer_filters(service_id),
            keys.user_keys_of(service_id),
        )
        held = sum(self._unit.get(at, each, name) is not None for each in hashes)
        user_keys = self._unit.items(at, keys.user_keys(service_id)).values()
        notes = self._unit.notes(at, service_id, application_id)
        return held + sum(each == name for each in user_keys) + len(notes)

    def application(self, service_id: str, application_id: str) -> Application | None:
        applications = self._keys.applications(service_id)
        value = self._unit.get(self._at(service_id), applications, application_id.encode())
        return None if value is None else Application(service_id, application_id, *unpacked(value))

    def application_id_of(self, service_id: str, user_key: str) -> str | None:
        return self._text(service_id, self._keys.user_keys(service_id), user_key)

    def application_keys(self, service_id: str, application_id: str) -> list[str]:
        return self._list(service_id, self._keys.application_keys(service_id), application_id)

    def referrer_filters(self, service_id: str, application_id: str) -> list[str]:
        return self._list(service_id, self._keys.referrer_filters(service_id), application_id)

    def user_keys_of(self, service_id: str, application_id: str) -> list[str]:
        """The user keys by which an application is found."""
        return self._list(service_id, self._keys.user_keys_of(service_id), application_id)

    def _at(self, name: str) -> int:
        return self._keys.partition(name)

    def _text(self, name: str, key: bytes, field: str) -> str | None:
        value = self._unit.get(self._at(name), key, field.encode())
        return None if value is None else value.decode()

    def _list(self, name: str, key: bytes, field: str) -> list[str]:
        return unpacked(self._unit.get(self._at(name), key, field.encode()))


def service_of(service_id: str, fields: dict[bytes, bytes]) -> Service:
    """A service but for whether it is the default."""
    return Service(
        service_id,
        fields[b"provider_key"].decode(),
        fields[b"backend_version"].decode(),
        fields[b"state"].decode(),
        fields[b"referrer_filters_required"] == b"1",
        past_window_s=_number(fields.get(b"past_window_s")),
        future_window_s=_number(fields.get(b"future_window_s")),
    )


def _number(value: bytes | None) -> int | None:
    """None where a field is empty, or of a service that was written before there was the field."""
    return int(value) if value else None


def metrics_of(service_id: str, fields: dict[bytes, bytes]) -> Iterator[Metric]:
    """The metrics in a hash."""
    return (
        Metric(service_id, metric.decode(), *unpacked(value)) for metric, value in fields.items()
    )


def limits_of(service_id: str, fields: dict[bytes, bytes]) -> Iterator[Limit]:
    """The limits in a hash."""
    for field, value in fields.items():
        plan_id, metric_id, period = unpacked(field)
        yield Limit(service_id, plan_id, metric_id, period, int(value))
