"""Keeps the registry equal to the catalog, change by change, in the transaction that makes the change.

Nobody calls this to publish: Django's signals (a record saved, a record deleted) and the catalog's
query set (many at once) do. The rows that depend on the changed records are read before and after,
and the difference is written.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.apps import AppConfig, apps
from django.db import connection, models, transaction
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete, pre_save

from tallygate.catalog import rows, shared_registry
from tallygate.catalog.rows import Row, Source
from tallygate.registry.writer import RegistryWriter, create_tables

CHUNK = 500
"""How many primary keys go into one statement."""

_sources: dict[type[models.Model], Source] = {}
_Rows = dict[tuple[Any, ...], Row]
_PUBLISHED = "_published"


def connect(sources: Mapping[type[models.Model], Source]) -> None:
    """From now on changes to these kinds of record are published. Called once, at start."""
    _sources.update(sources)
    for model in sources:
        name = model.__name__
        pre_save.connect(_before_save, sender=model, dispatch_uid=f"publish.pre_save.{name}")
        post_save.connect(_after, sender=model, dispatch_uid=f"publish.post_save.{name}")
        pre_delete.connect(_before_delete, sender=model, dispatch_uid=f"publish.pre_delete.{name}")
        post_delete.connect(_after, sender=model, dispatch_uid=f"publish.post_delete.{name}")
    post_migrate.connect(_create_tables, dispatch_uid="publish.create_tables")


def concerns(model: type[models.Model], fields: Iterable[str]) -> bool:
    """Whether the registry depends on one of these fields."""
    source = _sources.get(model)
    return source is not None and not source.fields.isdisjoint(fields)


@contextmanager
def changing(model: type[models.Model], keys: Sequence[int]) -> Iterator[None]:
    """Publishes what the block changes about these records, if their kind is published."""
    before = _rows(model, keys) if model in _sources else {}
    yield
    if model in _sources:
        _write(before, _rows(model, keys))


def created(model: type[models.Model], keys: Sequence[int]) -> None:
    """Publishes records that were not there before."""
    if model in _sources:
        _write({}, _rows(model, keys))


def rebuild_registry() -> int:
    """Publishes the whole catalog anew, in one transaction; gives the number of rows written.

    Services that another control plane put into the registry are left alone.
    """
    written = 0
    with transaction.atomic():
        for key in apps.get_model("catalog", "Product").objects.values_list("pk", flat=True):
            _writer().delete_service(str(key))
        for model, source in _sources.items():
            if not source.derived:
                keys = model._base_manager.order_by("pk").values_list("pk", flat=True)
                for chunk in _chunks(keys.iterator()):
                    written += _write({}, _rows(model, chunk))
    return written


def _before_save(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    _require_transaction()
    if instance._state.adding:
        vars(instance)[_PUBLISHED] = {}
    elif _changes(sender, instance):
        vars(instance)[_PUBLISHED] = _rows(sender, [instance.pk])


def _before_delete(
    sender: type[models.Model],
    instance: models.Model,
    origin: models.Model | models.QuerySet[Any],
    **_: Any,
) -> None:
    """What goes along with a whole service is not looked at: its rows go with the service's own."""
    asked_for = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    whole = asked_for in _sources and _sources[asked_for].whole
    if whole and not _sources[sender].whole:
        return
    vars(instance)[_PUBLISHED] = _rows(sender, [instance.pk])


def _after(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    before = vars(instance).pop(_PUBLISHED, None)
    if before is not None:
        _write(before, _rows(sender, [instance.pk]))


def _changes(model: type[models.Model], instance: models.Model) -> bool:
    """Whether saving the record would change a field on which the registry depends."""
    fields = _sources[model].fields
    stored = model._base_manager.filter(pk=instance.pk).values(*fields).first()
    return stored is None or any(
        value != getattr(instance, model._meta.get_field(name).attname)
        for name, value in stored.items()
    )


def _rows(model: type[models.Model], keys: Iterable[int]) -> _Rows:
    source = _sources[model]
    return {rows.key(row): row for chunk in _chunks(iter(keys)) for row in source.rows(chunk)}


def _write(before: _Rows, after: _Rows) -> int:
    """Makes the registry hold `after` where it held `before`; gives the number of rows changed."""
    gone = [row for key, row in before.items() if key not in after]
    new = [row for key, row in after.items() if before.get(key) != row]
    if gone or new:
        writer = _writer()
        for row in gone:
            rows.delete(writer, row)
        for row in new:
            rows.put(writer, row)
    return len(gone) + len(new)


def _writer() -> RegistryWriter:
    _require_transaction()
    shared_registry.flush_on_commit()
    return RegistryWriter(_sqlite())


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "the catalog is changed in a transaction, so that the registry changes with it"
        )


def _sqlite() -> sqlite3.Connection:
    connection.ensure_connection()
    return connection.connection


def _create_tables(sender: AppConfig, **_: Any) -> None:
    if sender.label == "catalog":
        create_tables(_sqlite())


def _chunks(keys: Iterator[int]) -> Iterator[list[int]]:
    while chunk := list(islice(keys, CHUNK)):
        yield chunk
