"""Changing the registry on Redis, inside a unit of work."""

from tallygate.registry.records import (
    ALERT_LEVELS,
    PERIODS,
    AlertLimit,
    Application,
    Limit,
    Metric,
    Service,
)
from tallygate.registry.redis.documents import packed, unpacked
from tallygate.registry.redis.keys import RegistryKeys
from tallygate.registry.redis.tables import RedisTables
from tallygate.registry.redis.unit import Unit


class RedisWriter:
    """See `registry.store.Writer`."""

    def __init__(self, unit: Unit, keys: RegistryKeys, tables: RedisTables) -> None:
        self._unit = unit
        self._keys = keys
        self._tables = tables

    def put_service(self, service: Service) -> None:
        if not service.id or not service.provider_key:
            raise ValueError("a service needs an id and a provider key")
        stored = self._tables.service(service.id)
        if stored is not None and stored.provider_key != service.provider_key:
            self._leave_provider(stored)
        fields = {
            "provider_key": service.provider_key,
            "backend_version": service.backend_version,
            "state": service.state,
            "referrer_filters_required": "1" if service.referrer_filters_required else "0",
            "past_window_s": _text(service.past_window_s),
            "future_window_s": _text(service.future_window_s),
        }
        at, key = self._at(service.id), self._keys.service(service.id)
        for name, value in fields.items():
            self._unit.put(at, key, name.encode(), value.encode())
        self._join_provider(service)
        self._unit.changed(at, service.id)

    def delete_service(self, service_id: str) -> None:
        stored = self._tables.service(service_id)
        if stored is not None:
            self._leave_provider(stored)
        at = self._at(service_id)
        for key in self._keys.of_service(service_id):
            self._unit.delete(at, key)
        self._unit.changed(at, "")

    def change_provider_key(self, former: str, key: str) -> None:
        default = self._tables.default_service_id(former)
        for service_id in self._tables.service_ids(former):
            stored = self._tables.service(service_id)
            if stored is None:
                continue
            self._leave_provider(stored)
            at = self._at(service_id)
            name = self._keys.service(service_id)
            self._unit.put(at, name, b"provider_key", key.encode())
            moved = Service(service_id, key, default=service_id == default)
            self._join_provider(moved)
            self._unit.changed(at, service_id)

    def put_service_token(self, service_id: str, token: str) -> None:
        self._unit.add(self._at(service_id), self._keys.tokens(service_id), token.encode())
        self._changed(service_id)

    def delete_service_token(self, service_id: str, token: str) -> None:
        self._unit.remove(self._at(service_id), self._keys.tokens(service_id), token.encode())
        self._changed(service_id)

    def put_application(self, application: Application) -> None:
        self._unit.put(
            self._at(application.service_id),
            self._keys.applications(application.service_id),
            application.id.encode(),
            packed(
                application.state,
                application.plan_id,
                application.plan_name,
                application.redirect_url,
            ),
        )
        self._changed(application.service_id, application.id)

    def delete_application(self, service_id: str, application_id: str) -> None:
        self._drop_application(service_id, application_id)
        self._changed(service_id, application_id)

    def forget_application(self, service_id: str, application_id: str) -> None:
        at = self._at(service_id)
        self._drop_application(service_id, application_id)
        self._unit.drop_notes(at, self._unit.notes(at, service_id, application_id))
        self._unit.changed(at, "")

    def _drop_application(self, service_id: str, application_id: str) -> None:
        at, keys = self._at(service_id), self._keys
        for user_key in self._tables.user_keys_of(service_id, application_id):
            self._unit.drop(at, keys.user_keys(service_id), user_key.encode())
        for key in (
            keys.user_keys_of(service_id),
            keys.application_keys(service_id),
            keys.referrer_filters(service_id),
            keys.applications(service_id),
        ):
            self._unit.drop(at, key, application_id.encode())

    def put_user_key(self, service_id: str, user_key: str, application_id: str) -> None:
        self._unlink_user_key(service_id, user_key)
        at, keys = self._at(service_id), self._keys
        self._unit.put(at, keys.user_keys(service_id), user_key.encode(), application_id.encode())
        self._append(keys.user_keys_of(service_id), service_id, application_id, user_key)
        self._changed(service_id, application_id)

    def delete_user_key(self, service_id: str, user_key: str) -> None:
        application_id = self._unlink_user_key(service_id, user_key)
        if application_id is not None:
            key = self._keys.user_keys(service_id)
            self._unit.drop(self._at(service_id), key, user_key.encode())
            self._changed(service_id, application_id)

    def put_application_key(self, service_id: str, application_id: str, value: str) -> None:
        self._append(self._keys.application_keys(service_id), service_id, application_id, value)
        self._changed(service_id, application_id)

    def delete_application_key(self, service_id: str, application_id: str, value: str) -> None:
        self._take_out(self._keys.application_keys(service_id), service_id, application_id, value)
        self._changed(service_id, application_id)

    def put_referrer_filter(self, service_id: str, application_id: str, value: str) -> None:
        self._append(self._keys.referrer_filters(service_id), service_id, application_id, value)
        self._changed(service_id, application_id)

    def delete_referrer_filter(self, service_id: str, application_id: str, value: str) -> None:
        self._take_out(self._keys.referrer_filters(service_id), service_id, application_id, value)
        self._changed(service_id, application_id)

    def put_metric(self, metric: Metric) -> None:
        key = self._keys.metrics(metric.service_id)
        value = packed(metric.name, metric.parent_id)
        self._unit.put(self._at(metric.service_id), key, metric.id.encode(), value)
        self._changed(metric.service_id)

    def delete_metric(self, service_id: str, metric_id: str) -> None:
        at = self._at(service_id)
        for limit in self._tables.limits(service_id):
            if limit.metric_id == metric_id:
                field = packed(limit.plan_id, limit.metric_id, limit.period)
                self._unit.drop(at, self._keys.limits(service_id), field)
        self._unit.drop(at, self._keys.metrics(service_id), metric_id.encode())
        self._changed(service_id)

    def put_limit(self, limit: Limit) -> None:
        if limit.period not in PERIODS or limit.value < 0:
            raise ValueError(f"no such limit: {limit.period} {limit.value}")
        key = self._keys.limits(limit.service_id)
        field = packed(limit.plan_id, limit.metric_id, limit.period)
        self._unit.put(self._at(limit.service_id), key, field, b"%d" % limit.value)
        self._changed(limit.service_id)

    def delete_limit(self, service_id: str, plan_id: str, metric_id: str, period: str) -> None:
        field = packed(plan_id, metric_id, period)
        self._unit.drop(self._at(service_id), self._keys.limits(service_id), field)
        self._changed(service_id)

    def put_alert_limit(self, limit: AlertLimit) -> None:
        if limit.level not in ALERT_LEVELS:
            raise ValueError(f"no such alert level: {limit.level}")
        key = self._keys.alert_limits(limit.service_id)
        self._unit.add(self._at(limit.service_id), key, b"%d" % limit.level)
        self._changed(limit.service_id)

    def delete_alert_limit(self, service_id: str, level: int) -> None:
        key = self._keys.alert_limits(service_id)
        self._unit.remove(self._at(service_id), key, b"%d" % level)
        self._changed(service_id)

    def _at(self, name: str) -> int:
        return self._keys.partition(name)

    def _changed(self, service_id: str, application_id: str = "") -> None:
        self._unit.changed(self._at(service_id), service_id, application_id)

    def _join_provider(self, service: Service) -> None:
        provider_key = service.provider_key
        at, provider = self._at(provider_key), self._keys.provider(provider_key)
        default = self._tables.default_service_id(provider_key)
        self._unit.add(at, self._keys.services(provider_key), service.id.encode())
        if service.default and default != service.id:
            self._unit.put(at, provider, b"default", service.id.encode())
            if default is not None:
                self._changed(default)  # who knows it as the default learns that it is not
        elif not service.default and default == service.id:
            self._unit.drop(at, provider, b"default")

    def _leave_provider(self, service: Service) -> None:
        at, provider_key = self._at(service.provider_key), service.provider_key
        self._unit.remove(at, self._keys.services(provider_key), service.id.encode())
        if self._tables.default_service_id(provider_key) == service.id:
            self._unit.drop(at, self._keys.provider(provider_key), b"default")

    def _unlink_user_key(self, service_id: str, user_key: str) -> str | None:
        """The application that had it, which does so no longer."""
        former = self._tables.application_id_of(service_id, user_key)
        if former is not None:
            self._take_out(self._keys.user_keys_of(service_id), service_id, former, user_key)
        return former

    def _append(self, key: bytes, service_id: str, application_id: str, value: str) -> None:
        at, field = self._at(service_id), application_id.encode()
        values = unpacked(self._unit.get(at, key, field))
        if value not in values:
            self._unit.put(at, key, field, packed(*values, value))

    def _take_out(self, key: bytes, service_id: str, application_id: str, value: str) -> None:
        at, field = self._at(service_id), application_id.encode()
        values = unpacked(self._unit.get(at, key, field))
        if value in values:
            left = [each for each in values if each != value]
            if left:
                self._unit.put(at, key, field, packed(*left))
            else:
                self._unit.drop(at, key, field)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
