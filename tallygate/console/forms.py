"""Forms in the portal's looks. What is right of a record, the record itself says when it is checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.http import HttpRequest

from tallygate.catalog.words import BLANK, INVALID, NOT_A_NUMBER
from tallygate.console.changes import sentence

CHECK = "check"
"""The parameter of a POST that only asks what is wrong with one field: its name."""

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, "checkbox"),
    (forms.Select, "select"),
    (forms.Textarea, "input area"),
    (forms.Widget, "input"),
)
_CHECKED_AT_ONCE = {
    "hx-trigger": "input changed delay:400ms, change",
    "hx-swap": "innerHTML",
    "hx-sync": "this:replace",
}


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under a heading; `row` puts them beside each other where there is room."""

    title: str
    fields: tuple[str, ...]
    hint: str = ""
    row: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A section as a template shows it."""

    section: Section
    fields: list[forms.BoundField]


class Looks:
    """What the portal's forms have beyond Django's.

    Attributes:
        path: The address of the page that the form is on, to which it is sent.
        SECTIONS: All fields in their order; none = all of them, without a heading.
        AT_ONCE: Fields that are checked while one types.
        WHEN: Field -> (another field, its value): shown only then.
        NEEDED: Fields that are not called optional although the form does without: the record does not.
        PARAMETERS: Field -> what the API calls it, where it is called otherwise.
    """

    SECTIONS: ClassVar[tuple[Section, ...]] = ()
    AT_ONCE: ClassVar[tuple[str, ...]] = ()
    WHEN: ClassVar[dict[str, tuple[str, str]]] = {}
    NEEDED: ClassVar[tuple[str, ...]] = ()
    PARAMETERS: ClassVar[dict[str, str]] = {}

    use_required_attribute = False  # the browser's own words would hide ours
    fields: dict[str, forms.Field]
    changed_data: list[str]
    add_error: Any

    def __init__(self, request: HttpRequest, **options: Any) -> None:
        self.path = request.get_full_path()
        data = request.POST if request.method == "POST" else None
        super().__init__(data, **options)
        for name, field in self.fields.items():
            field.optional = not field.required and name not in self.NEEDED
            field.when = "=".join(self.WHEN.get(name, ()))
            field.error_messages |= {"required": BLANK, "invalid_choice": INVALID}
            if isinstance(field, forms.IntegerField):
                field.error_messages["invalid"] = NOT_A_NUMBER
            _dress(self[name], self.path if name in self.AT_ONCE else "")

    def parts(self) -> Iterator[Part]:
        """The sections, with those of their fields that this form has."""
        for section in self.SECTIONS or (Section("", tuple(self.fields)),):
            fields = [self[name] for name in section.fields if name in self.fields]
            if fields:
                yield Part(section, fields)

    def refuse(self, error: ValidationError) -> None:
        """Puts what is wrong beside the fields, and above the form what is about none of them."""
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, messages in found.items():
            for message in messages:
                if name in self.fields:
                    self.add_error(name, message)
                else:
                    about = "" if name == NON_FIELD_ERRORS else name.replace("_", " ")
                    self.add_error(None, sentence(about, message))

    def given(self) -> dict[str, Any]:
        """Parameter of the API -> what stands in the field: of all fields that are not blank."""
        given = self._typed(name for name in self.fields if not self.fields[name].disabled)
        return {name: value for name, value in given.items() if value not in (None, "")}

    def _typed(self, names: Iterable[str]) -> dict[str, Any]:
        return {self.PARAMETERS.get(name, name): self._value(name) for name in names}

    def _value(self, name: str) -> Any:
        value = self[name].value()
        if isinstance(self.fields[name], forms.BooleanField):
            return value in (True, "on", "true", "True")
        return value


class Form(Looks, forms.Form):
    """A form that is about no record."""


class RecordForm(Looks, forms.ModelForm):
    """A form of one record, new or not. What never changes is shown, and cannot be typed in."""

    instance: Any

    def __init__(self, request: HttpRequest, record: Model, **options: Any) -> None:
        super().__init__(request, instance=record, **options)
        for name, field in self.fields.items():
            field.required = False  # what is missing, and what is right, the record says
            field.validators = []
            if not record._state.adding and name in getattr(record, "IMMUTABLE", ()):
                field.disabled = True

    def given(self) -> dict[str, Any]:
        """The same; of a record that is there only of fields that were changed, if any was."""
        if self.instance._state.adding or not self.changed_data:
            return super().given()
        return self._typed(self.changed_data)

    def complete(self) -> None:
        """Sets what of the record follows from what was typed, and is no field of it."""

    def save(self, commit: bool = True) -> Any:
        """Raises ValidationError where the record breaks a rule by now: others change things too."""
        self.instance.save()
        return self.instance

    def _post_clean(self) -> None:
        """Instead of Django's own: all rules of the record, in the record's words."""
        options = self._meta
        forms.models.construct_instance(self, self.instance, options.fields, options.exclude)
        self.complete()
        try:
            self.instance.prepare()
            self.instance.full_clean(exclude=set(self.errors))
        except ValidationError as error:
            self.refuse(error)


def _dress(field: forms.BoundField, checked_at: str) -> None:
    """Gives a field's widget its class, what describes it, and the address that checks it; '' = none does."""
    widget = field.field.widget
    if widget.is_hidden:
        return
    own = next(name for kind, name in _CLASSES if isinstance(widget, kind))
    widget.attrs["class"] = f"{own} {widget.attrs.get('class', '')}".strip()
    if isinstance(widget, forms.Textarea):
        widget.attrs["rows"] = 3
    described = [f"{field.auto_id}_help"] if field.help_text else []
    widget.attrs["aria-describedby"] = " ".join([*described, f"{field.auto_id}_said"])
    if not field.field.optional:
        widget.attrs["aria-required"] = "true"
    if checked_at:
        widget.attrs |= _CHECKED_AT_ONCE | {
            "hx-post": checked_at,
            "hx-target": f"#{field.auto_id}_said",
            "hx-vals": f'{{"{CHECK}": "{field.name}"}}',
        }
