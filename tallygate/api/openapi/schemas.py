"""JSON Schema of what the Account Management API takes and gives, made of its parameters and representations."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args, get_origin

from tallygate.api.management.parameter import LONGEST_FILTER, Kind, Parameter
from tallygate.api.management.representation import JSON, XML, Field, Representation, Value

Schema = dict[str, Any]

_KINDS: dict[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TIME: {"type": "string", "format": "date-time"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
    Kind.INTEGERS: {"type": "array", "items": {"type": "integer"}},
    Kind.OBJECT: {"type": "object"},
    Kind.JSON: {"type": "array", "items": {"type": "object"}},
}
_TYPES: dict[Any, Schema] = {
    int: {"type": "integer"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    dict: {"type": "object"},
}
_LINKS: Schema = {
    "type": "array",
    "description": "Where related records are.",
    "items": {
        "type": "object",
        "required": ["rel", "href"],
        "properties": {"rel": {"type": "string"}, "href": {"type": "string", "format": "uri"}},
    },
}


def of_parameter(parameter: Parameter, *, looked_for: bool = False) -> Schema:
    """What values a parameter takes.

    Args:
        looked_for: Whether it is a text by which records are found.
    """
    schema = dict(_KINDS[parameter.kind])
    if parameter.choices:
        choices = {"enum": list(parameter.choices)}
        schema |= {"items": schema["items"] | choices} if "items" in schema else choices
    elif looked_for and parameter.kind is Kind.TEXT:
        schema["maxLength"] = LONGEST_FILTER
    return schema


def of_answer(shape: Representation | Value, *, many: bool, bare: bool) -> Schema:
    """A JSON answer: the record in its wrapper, or a collection of such."""
    if isinstance(shape, Value):
        return _wrapped(shape.name, _of_type(shape.type))
    one = _wrapped(shape.name, _ref(shape, JSON))
    if not many:
        return one
    each = {"type": "array", "items": one}
    if bare:
        return each
    all_of_them = _wrapped(shape.plural, each)
    all_of_them["properties"]["metadata"] = {"$ref": "#/components/schemas/Pages"}
    return all_of_them


def of_xml_answer(shape: Representation, *, many: bool) -> Schema:
    """An XML answer: the record, or its collection."""
    return _xml_many(shape) if many else _ref(shape, XML)


def components(shapes: Iterator[Representation]) -> dict[str, Schema]:
    """The schemas to which answers refer: of these representations and of those inside them."""
    found: dict[str, Schema] = {}
    for shape in shapes:
        for form in (JSON, XML):
            schema = _of_fields(shape, form)
            assert found.setdefault(_name(shape, form), schema) == schema, f"two {shape.name}"
        inner = (each.type for each in shape.fields if isinstance(each.type, Representation))
        found |= components(inner)
    return found


def _of_fields(shape: Representation, form: str) -> Schema:
    fields = [each for each in shape.fields if each.of(form)]
    schema: Schema = {
        "type": "object",
        "required": [each.name for each in fields if each.when is None],
        "properties": {each.name: _of_field(each, form) for each in fields},
    }
    if form == XML:
        schema["xml"] = {"name": shape.xml_name or shape.name}
        for name, _ in shape.attributes:
            schema["properties"][name] = {"type": "string", "xml": {"attribute": True}}
    elif shape.links:
        schema["properties"]["links"] = _LINKS
    return schema


def _of_field(field: Field, form: str) -> Schema:
    if isinstance(field.type, Representation):
        return _inner(field.type, form, many=field.many)
    schema = _of_type(field.type)
    if form == XML and schema["type"] == "array":
        inner = schema["items"] | {"xml": {"name": field.name.removesuffix("s")}}
        return schema | {"items": inner, "xml": {"wrapped": True}}
    if form == JSON and field.null:
        return schema | {"type": [schema["type"], "null"]}
    return schema


def _inner(shape: Representation, form: str, *, many: bool) -> Schema:
    if not many:
        return _ref(shape, form)
    if form == XML:
        return _xml_many(shape)
    return {"type": "array", "items": _wrapped(shape.name, _ref(shape, form))}


def _xml_many(shape: Representation) -> Schema:
    return {
        "type": "array",
        "items": _ref(shape, XML),
        "xml": {"name": shape.xml_plural or shape.plural, "wrapped": True},
    }


def _of_type(kind: Any) -> Schema:
    if get_origin(kind) is list:
        (inner,) = get_args(kind)
        return {"type": "array", "items": _of_type(inner)}
    return dict(_TYPES[kind])


def _wrapped(name: str, schema: Schema) -> Schema:
    return {"type": "object", "required": [name], "properties": {name: schema}}


def _ref(shape: Representation, form: str) -> Schema:
    return {"$ref": f"#/components/schemas/{_name(shape, form)}"}


def _name(shape: Representation, form: str) -> str:
    name = "".join(word.capitalize() for word in (shape.title or shape.name).split("_"))
    return f"{name}Xml" if form == XML else name
