"""What all records of the catalog have in common."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar, Self

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from tallygate.catalog import audit
from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.queryset import CatalogQuerySet
from tallygate.catalog.words import BLANK, TAKEN, reworded

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML can hold, and so no answer of the protocols."""


class CatalogModel(models.Model):
    """A record that is checked whenever it is saved, and published in the same transaction.

    Attributes:
        IMMUTABLE: Fields that keep their first value; later assignments are ignored.
        IN_USE: Why it cannot be deleted while another record needs it.
        TAKEN_FIELD: Unique constraint -> the field beside which its error is shown.
        SECRET: Texts of which the record of changes shows the tail only.
        HASHED: Hashes, of which it shows nothing.
    """

    IMMUTABLE: ClassVar[tuple[str, ...]] = ()
    IN_USE: ClassVar[str] = "cannot be deleted because something depends on it"
    TAKEN_FIELD: ClassVar[dict[str, str]] = {}
    SECRET: ClassVar[tuple[str, ...]] = ()
    HASHED: ClassVar[tuple[str, ...]] = ()

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CatalogQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_permissions = ()

    def prepare(self) -> None:
        """Fills in what is made rather than given; runs before the rules are checked."""

    @classmethod
    def complete(cls, made: Sequence[Self]) -> None:
        """Creates what every new record of this kind is born with."""

    def follow(self) -> None:
        """Brings about what follows from every saving of this record."""

    def save(self, *args: Any, **options: Any) -> None:
        """Raises ValidationError when a rule is broken; then nothing is changed."""
        with transaction.atomic():
            adding = self._state.adding
            stored = {} if adding else self._stored()
            self._restore_immutable(stored)
            self.prepare()
            self.full_clean(exclude=self._left_alone(options.get("update_fields")))
            with audit.implied():
                super().save(*args, **options)
                self.follow()
                if adding:
                    self.complete([self])
            if adding:
                audit.created([self])
            else:
                audit.updated(self, audit.of_row(stored))

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """As Django's, with all that hangs on it.

        Raises:
            DeletionRefused: Another record needs it, or the installation does.
        """
        with transaction.atomic():
            audit.deleted([self])
            try:
                with audit.implied():
                    return super().delete(*args, **options)
            except models.RestrictedError as error:
                raise DeletionRefused(self.IN_USE) from error

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """As Django's; and every text can be written in every answer."""
        errors: dict[str, list[ValidationError]] = {}
        try:
            super().clean_fields({*(exclude or ()), *self._loaded_relations()})
        except ValidationError as broken:
            for name, found in broken.error_dict.items():
                field = self._meta.get_field(name)
                errors[name] = [reworded(field, error) for error in found]
        for field in self._meta.fields:
            value = getattr(self, field.attname)
            if (
                field.name not in (exclude or ())
                and isinstance(value, str)
                and _NO_TEXT.search(value)
            ):
                message = "must have no control characters"
                errors.setdefault(field.name, []).append(ValidationError(message, code="invalid"))
        if errors:
            raise ValidationError(errors)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As Django's, with the errors beside the field that the person can change."""
        errors: dict[str, list[ValidationError]] = {}
        for constraint in self._meta.constraints:
            try:
                constraint.validate(type(self), self, exclude=exclude)
            except ValidationError as error:
                field = self.TAKEN_FIELD.get(constraint.name, NON_FIELD_ERRORS)
                errors.setdefault(field, []).extend(error.error_list)
        if errors:
            raise ValidationError(errors)

    def _stored(self) -> dict[str, Any]:
        """The row as the database has it, where somebody needs it: column -> value."""
        if not self.IMMUTABLE and not audit.is_on():
            return {}
        return type(self)._base_manager.filter(pk=self.pk).values().first() or {}

    def _restore_immutable(self, stored: dict[str, Any]) -> None:
        for name in self.IMMUTABLE if stored else ():
            column = self._meta.get_field(name).attname
            if getattr(self, column) != stored[column]:  # setting drops a cached relation
                setattr(self, column, stored[column])

    def _loaded_relations(self) -> Iterator[str]:
        """Relations to records that were read already, of which nobody needs to ask whether they exist."""
        for field in self._meta.concrete_fields:
            if field.is_relation and field.is_cached(self):
                related = field.get_cached_value(self)
                if related is not None and related.pk == getattr(self, field.attname):
                    yield field.name

    def _left_alone(self, update_fields: Sequence[str] | None) -> set[str] | None:
        if update_fields is None:
            return None
        return {field.name for field in self._meta.fields} - set(update_fields)


def unique(*fields: str, name: str) -> models.UniqueConstraint:
    """A unique constraint that speaks as the Account Management API does."""
    return models.UniqueConstraint(fields=fields, name=name, violation_error_message=TAKEN)


def exactly_one_owner(name: str) -> models.CheckConstraint:
    """Owned by a product or by a backend, never by both or none."""
    return models.CheckConstraint(
        condition=models.Q(product__isnull=False, backend__isnull=True)
        | models.Q(product__isnull=True, backend__isnull=False),
        name=name,
        violation_error_message="must belong to either a product or a backend",
    )


def text(max_length: int = 255, **options: Any) -> models.CharField:
    """A required line of text."""
    messages = {"blank": BLANK, "null": BLANK, "unique": TAKEN}
    return models.CharField(max_length=max_length, error_messages=messages, **options)
