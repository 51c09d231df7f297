"""What most endpoints do: list, make, show, change and delete records of one kind in one place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from tallygate.api.management import naming
from tallygate.api.management.answer import Answer, Done, Listed, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import BOTH, Endpoint, Handler
from tallygate.api.management.parameter import Given, Parameter
from tallygate.api.management.representation import Representation


@dataclass(frozen=True, slots=True)
class Records:
    """
    Attributes:
        shape: How one of them looks.
        id: The placeholder that names one of them in a path.
        found: Those that a call may see, in the order in which they are listed.
        new: One that is not saved yet, in its place.
        parameters: What may be said of one.
        set: What else a call says of one, before it is saved.
    """

    shape: Representation
    id: str
    found: Callable[[Call], QuerySet[Any]]
    new: Callable[[Call], Model] | None = None
    parameters: tuple[Parameter, ...] = ()
    set: Callable[[Any, Call], None] = lambda _record, _call: None
    paged: bool = False
    bare: bool = False

    def one(self, call: Call) -> Any:
        """The one in the path; raises NotFound."""
        return one(self.found(call), call.ids[self.id])

    def index(self, call: Call) -> Answer:
        found = self.found(call)
        records, pages = call.page(found) if self.paged else (list(found), {})
        return Listed(self.shape, records, pages, self.bare)

    def create(self, call: Call) -> Answer:
        assert self.new is not None, "there is no endpoint that makes one"
        record = self.new(call)
        self.save(record, call)
        return Shown(self.shape, record, status=201)

    def show(self, call: Call) -> Answer:
        return Shown(self.shape, self.one(call))

    def update(self, call: Call) -> Answer:
        record = self.one(call)
        self.save(record, call)
        return Shown(self.shape, record)

    def destroy(self, call: Call) -> Answer:
        self.one(call).delete()
        return Done()

    def save(self, record: Any, call: Call) -> None:
        """As `save`, with what else the call says of it."""
        save(record, call, self.parameters, self.set)

    def filtered(self, *names: str) -> Handler:
        """A handler that lists those with the values that are given for these fields."""

        def handler(call: Call) -> Answer:
            which = {name: call.given[name] for name in names if call.given.get(name)}
            return replace(self, found=lambda call: self.found(call).filter(**which)).index(call)

        return handler

    def change(self, **values: Any) -> Handler:
        """A handler that sets these fields of the one in the path."""

        def handler(call: Call) -> Answer:
            record = self.one(call)
            for name, value in values.items():
                setattr(record, name, value)
            record.save()
            return Shown(self.shape, record)

        return handler

    def event(self, name: str) -> Handler:
        """A handler that takes the one in the path to another state."""

        def handler(call: Call) -> Answer:
            record = self.one(call)
            record.go(name)
            return Shown(self.shape, record)

        return handler


def save(
    record: Any,
    call: Call,
    parameters: tuple[Parameter, ...],
    set: Callable[[Any, Call], None] = lambda _record, _call: None,
) -> None:
    """Saves the record with what the call says of it. Raises ValidationError, as `fill`."""
    fill(record, call, parameters, set)
    record.save()


def fill(
    record: Any,
    call: Call,
    parameters: tuple[Parameter, ...],
    set: Callable[[Any, Call], None] = lambda _record, _call: None,
) -> None:
    """Puts into the record what the call says of it.

    Raises:
        ValidationError: Something given cannot be read; all else that is wrong is told with it.
    """
    assign(record, call.given, parameters)
    set(record, call)
    if call.given.problems:
        raise ValidationError(_all_problems(record, call.given, parameters))


def assign(record: Any, given: Given, parameters: tuple[Parameter, ...]) -> None:
    """Sets what was given; what is for new records only is left alone on others."""
    adding = record._state.adding
    for parameter in parameters:
        if parameter.target is None or parameter.name not in given:
            continue
        if parameter.only_new and not adding:
            continue
        value = given[parameter.name]
        if value is None and not _takes_null(record, parameter.target):
            continue
        setattr(record, parameter.target, value)


def _takes_null(record: Any, attribute: str) -> bool:
    """Whether null says something about it, be it that this is wrong."""
    names = {field.attname: field for field in record._meta.concrete_fields}
    field = names.get(attribute)
    return field is None or field.null or not field.blank


def _all_problems(
    record: Any, given: Given, parameters: tuple[Parameter, ...]
) -> dict[str, list[str]]:
    """What was wrong with the values, and what else the record's own rules say."""
    found = {name: list(messages) for name, messages in given.problems.items()}
    try:
        record.prepare()
        record.full_clean()
    except ValidationError as error:
        for name, messages in naming.problems(error, parameters).items():
            found.setdefault(name, list(messages))
    return found


def endpoints(
    path: str,
    records: Records,
    *,
    group: str,
    what: str,
    see: str,
    edit: str,
    create: str = "",
    delete: str = "",
    only: str = "index create show update destroy",
    wrapper: str | None = None,
    formats: tuple[str, ...] = BOTH,
) -> tuple[Endpoint, ...]:
    """The usual endpoints of records.

    Args:
        path: Of the collection.
        what: What one of them is called in a sentence.
        see, edit, create, delete: Abilities; the last two are by default as `edit`.
        only: Which of them there are.
        wrapper: In which parameters may stand; by default the name of the representation.
    """
    each = f"{path}/{{{records.id}}}"
    shape, parameters = records.shape, records.parameters
    wrapped = records.shape.name if wrapper is None else wrapper
    changes = tuple(parameter for parameter in parameters if not parameter.only_new)
    usual = {
        "index": Endpoint(
            "GET", path, records.index, see, f"List {what}s", group,
            shape=shape, many=True, paged=records.paged, bare=records.bare, formats=formats,
        ),
        "create": Endpoint(
            "POST", path, records.create, create or edit, f"Create a {what}", group,
            parameters, shape, wrapper=wrapped, formats=formats,
        ),
        "show": Endpoint("GET", each, records.show, see, f"Read a {what}", group, shape=shape, formats=formats),
        "update": Endpoint(
            "PUT", each, records.update, edit, f"Update a {what}", group,
            changes, shape, wrapper=wrapped, formats=formats,
        ),
        "destroy": Endpoint(
            "DELETE", each, records.destroy, delete or edit, f"Delete a {what}", group, formats=formats,
        ),
    }  # fmt: skip
    return tuple(usual[name] for name in only.split())
