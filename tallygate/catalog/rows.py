"""A row of the registry as a value: what makes it the same row, and how it is written and removed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from tallygate.registry.records import AlertLimit, Application, Limit, Metric, Service
from tallygate.registry.writer import RegistryWriter


class ServiceTokenRow(msgspec.Struct, frozen=True):
    service_id: str
    token: str


class UserKeyRow(msgspec.Struct, frozen=True):
    service_id: str
    user_key: str
    application_id: str


class ApplicationKeyRow(msgspec.Struct, frozen=True):
    service_id: str
    application_id: str
    value: str


class ReferrerFilterRow(msgspec.Struct, frozen=True):
    service_id: str
    application_id: str
    value: str


Row = (
    Service
    | Application
    | Metric
    | Limit
    | AlertLimit
    | ServiceTokenRow
    | UserKeyRow
    | ApplicationKeyRow
    | ReferrerFilterRow
)


class Source(NamedTuple):
    """How one kind of record becomes rows.

    Attributes:
        rows: Primary keys -> all rows that depend on these records, as the catalog stands.
        fields: The fields of the record on which the rows depend.
        derived: Whether each of its rows is also a row of another kind of record.
        whole: Whether its rows are services, with which all goes that hangs on them.
    """

    rows: Callable[[Sequence[int]], Iterator[Row]]
    fields: set[str]
    derived: bool = False
    whole: bool = False


class _Kind(NamedTuple):
    key: Callable[[Any], tuple[Any, ...]]
    put: Callable[[RegistryWriter, Any], None]
    delete: Callable[[RegistryWriter, Any], None]


_KINDS: dict[type, _Kind] = {
    Service: _Kind(
        lambda row: (row.id,),
        lambda writer, row: writer.put_service(row),
        lambda writer, row: writer.delete_service(row.id),
    ),
    Application: _Kind(
        lambda row: (row.service_id, row.id),
        lambda writer, row: writer.put_application(row),
        lambda writer, row: writer.delete_application(row.service_id, row.id),
    ),
    Metric: _Kind(
        lambda row: (row.service_id, row.id),
        lambda writer, row: writer.put_metric(row),
        lambda writer, row: writer.delete_metric(row.service_id, row.id),
    ),
    Limit: _Kind(
        lambda row: (row.service_id, row.plan_id, row.metric_id, row.period),
        lambda writer, row: writer.put_limit(row),
        lambda writer, row: writer.delete_limit(
            row.service_id, row.plan_id, row.metric_id, row.period
        ),
    ),
    AlertLimit: _Kind(
        lambda row: (row.service_id, row.level),
        lambda writer, row: writer.put_alert_limit(row),
        lambda writer, row: writer.delete_alert_limit(row.service_id, row.level),
    ),
    ServiceTokenRow: _Kind(
        lambda row: (row.service_id, row.token),
        lambda writer, row: writer.put_service_token(row.service_id, row.token),
        lambda writer, row: writer.delete_service_token(row.service_id, row.token),
    ),
    UserKeyRow: _Kind(
        lambda row: (row.service_id, row.user_key),
        lambda writer, row: writer.put_user_key(row.service_id, row.user_key, row.application_id),
        lambda writer, row: writer.delete_user_key(row.service_id, row.user_key),
    ),
    ApplicationKeyRow: _Kind(
        lambda row: (row.service_id, row.application_id, row.value),
        lambda writer, row: writer.put_application_key(
            row.service_id, row.application_id, row.value
        ),
        lambda writer, row: writer.delete_application_key(
            row.service_id, row.application_id, row.value
        ),
    ),
    ReferrerFilterRow: _Kind(
        lambda row: (row.service_id, row.application_id, row.value),
        lambda writer, row: writer.put_referrer_filter(
            row.service_id, row.application_id, row.value
        ),
        lambda writer, row: writer.delete_referrer_filter(
            row.service_id, row.application_id, row.value
        ),
    ),
}


def key(row: Row) -> tuple[Any, ...]:
    """What makes a row the same row, whatever it holds otherwise."""
    return (type(row).__name__, *_KINDS[type(row)].key(row))


def put(writer: RegistryWriter, row: Row) -> None:
    """Creates or replaces it."""
    _KINDS[type(row)].put(writer, row)


def delete(writer: RegistryWriter, row: Row) -> None:
    """Removes it, if it is there."""
    _KINDS[type(row)].delete(writer, row)
