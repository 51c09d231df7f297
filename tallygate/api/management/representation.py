"""How a record looks from outside: described once, written as JSON and as XML."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any
from xml.etree import ElementTree

JSON, XML = "json", "xml"

Getter = Callable[[Any], Any]
Links = tuple[tuple[str, Callable[[Any], str | None]], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a record.

    Attributes:
        type: int, str, bool, float, datetime, dict, list[...] of these, or a Representation.
        get: The record -> the value.
        only: The format that has it; '' = both.
        when: Which records have it; None = all.
        many: Of a Representation: whether the value is a collection.
        null: Whether the value may be None.
    """

    name: str
    type: Any
    get: Getter
    only: str = ""
    when: Callable[[Any], bool] | None = None
    many: bool = False
    null: bool = False

    def of(self, form: str) -> bool:
        """Whether this format of some record has it."""
        return self.only in ("", form)

    def shown(self, form: str, record: Any) -> bool:
        """Whether this format of this record has it."""
        return self.of(form) and (self.when is None or self.when(record))


def field(
    name: str,
    type: Any = str,
    get: str | Getter = "",
    *,
    only: str = "",
    when: Callable[[Any], bool] | None = None,
    many: bool = False,
    null: bool = False,
) -> Field:
    """A field; `get` is an attribute, with dots for those of others, and by default the name."""
    getter = get if callable(get) else attrgetter(get or name)
    return Field(name, type, getter, only, when, many, null)


CREATED_AT = field("created_at", datetime, only=JSON)
UPDATED_AT = field("updated_at", datetime, only=JSON)


@dataclass(frozen=True, slots=True)
class Representation:
    """
    Attributes:
        name: What wraps one of them.
        plural: What wraps many.
        links: Relation -> path below `/admin/api/`, or None where a record has none; JSON only.
        xml_name: What wraps one of them in XML, if it is called otherwise there.
        xml_plural: Likewise many.
        attributes: Attributes of the XML element: name -> text, or None where a record has none.
        title: What the OpenAPI document calls it, where others have the same name.
    """

    name: str
    plural: str
    fields: tuple[Field, ...]
    links: Links = ()
    xml_name: str = ""
    xml_plural: str = ""
    attributes: tuple[tuple[str, Callable[[Any], str | None]], ...] = ()
    title: str = ""

    def json(self, record: Any, base_url: str) -> dict[str, Any]:
        """`{"name": {...}}`."""
        return {self.name: self.json_values(record, base_url)}

    def json_values(self, record: Any, base_url: str) -> dict[str, Any]:
        """The record without its wrapper."""
        values = {
            field.name: _json(field, field.get(record), base_url)
            for field in self.fields
            if field.shown(JSON, record)
        }
        paths = ((rel, path(record)) for rel, path in self.links)
        links = [{"rel": rel, "href": base_url + path} for rel, path in paths if path is not None]
        return values | ({"links": links} if links else {})

    def xml(self, record: Any) -> ElementTree.Element:
        """The record as an element."""
        attributes = ((name, get(record)) for name, get in self.attributes)
        element = ElementTree.Element(
            self.xml_name or self.name,
            {name: text for name, text in attributes if text is not None},
        )
        for field in self.fields:
            if field.shown(XML, record):
                element.append(_element(field, field.get(record)))
        return element

    def xml_many(
        self, records: Iterable[Any], attributes: Mapping[str, int]
    ) -> ElementTree.Element:
        """All of them in one element."""
        root = ElementTree.Element(
            self.xml_plural or self.plural, {name: str(n) for name, n in attributes.items()}
        )
        root.extend(self.xml(record) for record in records)
        return root


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is no record, under its name; JSON only.

    Attributes:
        type: As of a field.
    """

    name: str
    type: Any

    def json(self, value: Any, _base_url: str) -> dict[str, Any]:
        """`{"name": value}`."""
        return {self.name: value}


def written(root: ElementTree.Element) -> bytes:
    """The whole document."""
    ElementTree.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root) + b"\n"


def iso(moment: datetime) -> str:
    """`2026-01-31T12:00:00Z`: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(field: Field, value: Any, base_url: str) -> Any:
    if isinstance(field.type, Representation) and value is not None:
        if field.many:
            return [field.type.json(each, base_url) for each in value]
        return field.type.json_values(value, base_url)
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Decimal):
        return float(value)
    return value


def _element(field: Field, value: Any) -> ElementTree.Element:
    if isinstance(field.type, Representation) and value is not None:
        return field.type.xml_many(value, {}) if field.many else field.type.xml(value)
    element = ElementTree.Element(field.name)
    if isinstance(value, list | tuple):
        for each in value:
            ElementTree.SubElement(element, field.name.removesuffix("s")).text = _text(each)
    else:
        element.text = _text(value)
    return element


def _text(value: Any) -> str | None:
    value = _plain(value)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
