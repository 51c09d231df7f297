"""Changes to many records at once, under the same rules as changes to one."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models, transaction

from tallygate.catalog import audit, publish
from tallygate.catalog.errors import DeletionRefused


class CatalogQuerySet(models.QuerySet):
    """Keeps the registry true, and generated values made, on the bulk paths too.

    Deleting publishes nothing here: Django sends its signals for each record.
    """

    def update(self, **values: Any) -> int:
        """As Django's; what the registry holds changes in the same transaction.

        Raises:
            ValueError: A field that never changes is among `values`.
        """
        names = {self.model._meta.get_field(name).name for name in values}
        frozen = names & set(self.model.IMMUTABLE)
        if frozen:
            raise ValueError(f"{self.model.__name__}: {', '.join(sorted(frozen))} cannot change")
        if not publish.concerns(self.model, names) and not audit.is_on():
            return super().update(**values)
        with transaction.atomic(using=self.db):
            keys = list(self.order_by().values_list("pk", flat=True))
            with audit.changing(self.model, keys), publish.changing(self.model, keys):
                return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's; raises DeletionRefused when one of the records is needed by another."""
        with transaction.atomic(using=self.db):
            if audit.is_on():
                audit.deleted(self.order_by())
            try:
                with audit.implied():
                    return super().delete()
            except models.RestrictedError as error:
                raise DeletionRefused(self.model.IN_USE) from error

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]  # no `Model.objects.delete()`

    def bulk_create(self, objs: Iterable[models.Model], *args: Any, **options: Any) -> list[Any]:
        """As Django's, with each record's own rules checked (uniqueness by the database alone).

        Raises:
            ValueError: Conflicts are to be ignored or updated: what was stored would be unknown.
        """
        if args or options.get("ignore_conflicts") or options.get("update_conflicts"):
            raise ValueError("a catalog record is either created or refused")
        records: Sequence[Any] = list(objs)
        with transaction.atomic(using=self.db):
            for record in records:
                record.prepare()
                record.full_clean(validate_unique=False, validate_constraints=False)
            made = super().bulk_create(records, **options)
            publish.created(self.model, [record.pk for record in made])
            with audit.implied():
                self.model.complete(made)
            audit.created(made)
        return made
