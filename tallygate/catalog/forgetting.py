"""Forgetting an account or an application: its records, and what the record of changes tells of them.

Of a change to what is forgotten it stays on record that there was one, by whom and when, but neither
a name nor a value. Applications that were deleted before are found in the record of changes as well.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from tallygate.catalog.models import (
    Account,
    Application,
    ApplicationKey,
    AuditEntry,
    Developer,
    ReferrerFilter,
)

_KINDS: dict[str, type[Model]] = {
    model._meta.model_name or "": model
    for model in (Account, Developer, Application, ApplicationKey, ReferrerFilter)
}
_SAYING = ~Q(record_name="") | Q(before__isnull=False) | Q(after__isnull=False)
"""Entries of the record of changes that tell anything."""

Records = dict[str, list[int]]
"""By kind of record, their numbers."""


class Consumer(NamedTuple):
    """An application as ledger and history know it.

    Attributes:
        service, application: Ids of the protocol.
        user_keys: Those that it has, and the tails of those that it had, as the record of changes shows them.
    """

    service: str
    application: str
    user_keys: tuple[str, ...]


class Found(NamedTuple):
    """What is to go, by numbers and ids, so that it is known when it is gone.

    Attributes:
        title: For a person: what it is.
    """

    title: str
    records: Records
    consumers: list[Consumer]


def of_account(number: int) -> Found | None:
    """An account with its users and all applications that it has and had. None: nothing is known of it."""
    account = Account.objects.filter(pk=number).first()
    told = _told("account", Q(record_id=number))
    if account is None and not told.exists():
        return None
    numbers = _numbers(Application, account=number) | _recorded("application", account_id=number)
    found = _of_applications(numbers)
    developers = _numbers(Developer, account=number) | _recorded("developer", account_id=number)
    title = f"account {number}" + (f" ({account})" if account else ", which is deleted already,")
    names = ", ".join(f"{each.service}/{each.application}" for each in found.consumers)
    return Found(
        f"{title} with the applications {names or '(none)'}",
        {"account": [number], "developer": sorted(developers), **found.records},
        found.consumers,
    )


def of_application(number: int) -> Found | None:
    """An application by its number. None: nothing is known of it."""
    found = _of_applications({number})
    return found if found.consumers else None


def of_consumer(service: str, application: str) -> Found:
    """An application by its ids in the protocol. It may be another control plane's, or gone."""
    if not service.isdigit():
        return Found(
            f"application {service}/{application}", {}, [Consumer(service, application, ())]
        )
    named = {"product_id": int(service), "application_id": application}
    found = _of_applications(_numbers(Application, **named) | _recorded("application", **named))
    known = [each for each in found.consumers if each[:2] == (service, application)]
    return Found(
        f"application {service}/{application}",
        found.records,
        known or [Consumer(service, application, ())],
    )


def erase(records: Records) -> None:
    """Deletes them, and empties what the record of changes tells of them, in one transaction. Again and again is fine."""
    with transaction.atomic():
        for account in Account.objects.filter(pk__in=records.get("account", ())):
            account.delete()
        for application in Application.objects.filter(pk__in=records.get("application", ())):
            application.delete()
        _entries(records).update(record_name="", before=None, after=None)


def traces(records: Records) -> dict[str, int]:
    """How many of the records are left, and how many entries of the record of changes tell of them."""
    left = sum(_KINDS[kind].objects.filter(pk__in=of).count() for kind, of in records.items())
    return {"catalog": left, "record of changes": _entries(records).count()}


def scrub() -> None:
    """Nothing that was deleted is in the catalog's file any more.

    Raises:
        DatabaseError: Others use it so much that this cannot be done now.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _of_applications(numbers: Iterable[int]) -> Found:
    """Applications by their numbers, whether they still are there or are on record only."""
    consumers: dict[tuple[str, str], set[str]] = {}
    ids: dict[int, tuple[str, str]] = {}
    for application in Application.objects.filter(pk__in=numbers):
        key = (str(application.product_id), application.application_id)
        ids[application.pk] = key
        consumers[key] = {application.user_key}
    for entry in _told("application", Q(record_id__in=numbers)):
        for side in filter(None, (entry.before, entry.after)):
            if "application_id" in side and "product_id" in side:
                ids[entry.record_id] = (str(side["product_id"]), side["application_id"])
    for entry in _told("application", Q(record_id__in=ids)):
        for side in filter(None, (entry.before, entry.after)):
            keys = {side["user_key"]} if "user_key" in side else set()
            consumers.setdefault(ids[entry.record_id], set()).update(keys)
    records: Records = {"application": sorted(ids)}
    for model in (ApplicationKey, ReferrerFilter):
        kind = model._meta.model_name or ""
        of = _numbers(model, application__in=ids)
        for number in ids:
            of |= _recorded(kind, application_id=number)
        records[kind] = sorted(of)
    names = ", ".join(f"{service}/{application}" for service, application in consumers)
    return Found(
        f"application {names}",
        records,
        [Consumer(*key, tuple(sorted(keys))) for key, keys in consumers.items()],
    )


def _numbers(model: Any, **of: object) -> set[int]:
    return set(model.objects.filter(**of).values_list("pk", flat=True))


def _told(kind: str, which: Q) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(which, _SAYING, kind=kind)


def _recorded(kind: str, **values: object) -> set[int]:
    """The numbers of records of a kind that once had these values."""
    either = Q(**_sided("before", values)) | Q(**_sided("after", values))
    return set(_told(kind, either).values_list("record_id", flat=True))


def _sided(side: str, values: Mapping[str, object]) -> dict[str, object]:
    return {f"{side}__{name}": value for name, value in values.items()}


def _entries(records: Records) -> QuerySet[AuditEntry]:
    """What the record of changes tells of them."""
    of_them = Q(pk__in=())
    for kind, numbers in records.items():
        of_them |= Q(kind=kind, record_id__in=numbers)
    return AuditEntry.objects.filter(of_them, _SAYING)
