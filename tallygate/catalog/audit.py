"""The record of who changed what: written in the transaction that makes the change.

Whoever lets people or programs change the catalog says who they are with `by`; what is saved or
deleted inside is recorded. What a change brings about by itself (the metric with which a product is
born, the applications that go with an account) is part of it and has no entry of its own.
"""

import datetime
import decimal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import models

if TYPE_CHECKING:
    from tallygate.catalog.models import Developer, Provider, User

HIDDEN_TAIL = 4
"""So many characters of a secret are recorded: enough to tell two of them apart."""

_UNRECORDED = frozenset({"id", "created_at", "updated_at", "last_login"})

Values = dict[str, Any]


class Actor(msgspec.Struct, frozen=True):
    """Whoever makes changes.

    Attributes:
        user: None for the provider key, and for developers.
        via: How they come: 'api', 'portal' or 'developer portal'.
        developer: One of the provider's consumers; None for the provider's own.
    """

    provider: "Provider"
    user: "User | None"
    via: str
    developer: "Developer | None" = None

    @property
    def name(self) -> str:
        """The user's name as it is now: the entry outlives the user."""
        if self.developer is not None:
            return f"{self.developer.username} of {self.developer.account.org_name}"[:255]
        return self.user.username if self.user else "provider key"


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@contextmanager
def by(actor: Actor) -> Iterator[None]:
    """What the block changes is recorded as the actor's doing."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def implied() -> Iterator[None]:
    """What the block changes belongs to a change that is recorded already."""
    token = _actor.set(None)
    try:
        yield
    finally:
        _actor.reset(token)


def is_on() -> bool:
    """Whether changes are recorded now."""
    return _actor.get() is not None


def values(record: models.Model) -> Values:
    """What of the record is recorded, as it stands: column -> what JSON holds of it."""
    return of_row(
        {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields}
    )


def of_row(row: Mapping[str, Any]) -> Values:
    """The same of a row as the database gives it."""
    return {name: _plain(value) for name, value in row.items() if name not in _UNRECORDED}


def created(records: Iterable[models.Model]) -> None:
    """Records that there are new ones."""
    _write(("create", record, None, values(record)) for record in records)


def updated(record: models.Model, before: Values) -> None:
    """Records what is different from `before`, if anything is."""
    if not is_on():
        return
    after = values(record)
    changed = {name for name in after if before.get(name) != after[name]}
    if changed:
        parts = (
            {name: side[name] for name in after if name in changed} for side in (before, after)
        )
        _write([("update", record, *parts)])


def noted(record: models.Model, before: Values, after: Values) -> None:
    """Records a change of something that belongs to the record and is kept elsewhere."""
    _write([("update", record, before, after)])


@contextmanager
def changing(model: type[models.Model], keys: Sequence[int]) -> Iterator[None]:
    """Records what the block changes about many records of one kind."""
    if not is_on():
        yield
        return
    stored = {record.pk: values(record) for record in _found(model, keys)}
    yield
    for record in _found(model, keys):
        updated(record, stored[record.pk])


def deleted(records: Iterable[models.Model]) -> None:
    """Records that these, which still are there, are about to go."""
    _write(("delete", record, values(record), None) for record in records)


def _write(changes: Iterable[tuple[str, models.Model, Values | None, Values | None]]) -> None:
    actor = _actor.get()
    if actor is None:
        return
    from tallygate.catalog.models.audit_entry import AuditEntry

    entries = [
        AuditEntry(
            provider=actor.provider,
            actor_id=actor.user.pk if actor.user else None,
            actor_name=actor.name,
            via=actor.via,
            action=action,
            kind=record._meta.model_name,
            record_id=record.pk,
            record_name=str(record)[:255],
            before=_masked(record, before),
            after=_masked(record, after),
        )
        for action, record, before, after in changes
    ]
    if len(entries) == 1:
        entries[0].save(force_insert=True)
    else:
        AuditEntry.objects.bulk_create(entries)


def _found(model: type[models.Model], keys: Sequence[int]) -> Iterable[models.Model]:
    return model._base_manager.in_bulk(keys).values()


def _masked(record: models.Model, side: Values | None) -> Values | None:
    """Without what nobody may read here: hashes wholly, other secrets but for their tails."""
    if side is None:
        return None
    hashed, secret = getattr(record, "HASHED", ()), getattr(record, "SECRET", ())
    return {
        name: "…" if name in hashed else f"…{value[-HIDDEN_TAIL:]}" if name in secret else value
        for name, value in side.items()
    }


def _plain(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return value
