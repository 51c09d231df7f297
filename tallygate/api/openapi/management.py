"""The OpenAPI document of the Account Management API, made of its table of endpoints."""

from typing import Any

from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.representation import JSON, XML, Representation
from tallygate.api.management.table import ENDPOINTS
from tallygate.api.openapi import schemas
from tallygate.api.openapi.schemas import Schema
from tallygate.catalog.models.proxy_config import ENVIRONMENTS
from tallygate.catalog.policy import ABILITIES, ADMINS_ONLY, EVERYBODY
from tallygate.catalog.request_data import FORM, MULTIPART
from tallygate.catalog.request_data import JSON as JSON_BODY

PREFIX = "/admin/api/"

_INFO = """\
Everything that can be set up in the Admin Portal, for programs. A change holds for the listener's very next call.

Parameters stand in the query, in a form or in JSON; flat, or in the name of what they are about: `{"metric": {"unit": "hit"}}`.
PATCH does the same as PUT. Without `.json` or `.xml` at the end of a path the answer is XML, or JSON where there is no XML.
Whatever the caller may not see is answered like what does not exist."""

_TYPES = {JSON: "application/json", XML: "application/xml"}
_BODIES = (FORM, JSON_BODY, MULTIPART)
_ID: Schema = {"type": "integer", "format": "int64", "minimum": 1}
_PLACEHOLDERS: dict[str, Schema] = {
    "environment": {"type": "string", "enum": list(ENVIRONMENTS)},
    "key": {"type": "string", "minLength": 1},
    "token": {"type": "string", "minLength": 1, "description": "Its number, or its value."},
    "version": {"type": "integer", "minimum": 1},
}
"""What stands in a path for anything but a number."""

_PAGING = ("page", "per_page")

_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}},
}
_STATUS: Schema = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string"}},
}
_ERRORS: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "object",
            "description": "Parameter -> what is wrong with it; `base` is the record as a whole.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        }
    },
}
_XML_ERROR: Schema = {"type": "string", "xml": {"name": "error"}}
_XML_ERRORS: Schema = {
    "type": "array",
    "items": _XML_ERROR,
    "xml": {"name": "errors", "wrapped": True},
}
_PAGES: Schema = {
    "type": "object",
    "description": "Which page this is; there if there is more than one.",
    "required": ["per_page", "total_entries", "total_pages", "current_page"],
    "properties": {
        name: {"type": "integer"}
        for name in ("per_page", "total_entries", "total_pages", "current_page")
    },
}


def document() -> dict[str, Any]:
    """The document, without servers and version."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        item = paths.setdefault(_path(endpoint), {"parameters": _path_parameters(endpoint)})
        item[endpoint.method.lower()] = _operation(endpoint)
    shapes = (one.shape for one in ENDPOINTS if isinstance(one.shape, Representation))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Account Management API", "description": _INFO},
        "tags": [{"name": group} for group in dict.fromkeys(one.group for one in ENDPOINTS)],
        "security": [{"access_token": []}, {"provider_key": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "securitySchemes": _SECURITY,
            "parameters": _PARAMETERS,
            "responses": _RESPONSES,
            "schemas": schemas.components(shapes) | {"Pages": _PAGES},
        },
    }


def _path(endpoint: Endpoint) -> str:
    """Where both formats are, one template for them."""
    form = "{format}" if len(endpoint.formats) > 1 else endpoint.formats[0]
    return f"{PREFIX}{endpoint.path}.{form}"


def _path_parameters(endpoint: Endpoint) -> list[Schema]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": _PLACEHOLDERS.get(name, _ID)}
        for name in endpoint.placeholders
    ]
    return [*found, _ref("parameters", "format")] if len(endpoint.formats) > 1 else found


def _operation(endpoint: Endpoint) -> Schema:
    operation: Schema = {
        "tags": [endpoint.group],
        "summary": endpoint.summary,
        "description": f"Allowed to {_who(endpoint.ability)}.",
        "operationId": _operation_id(endpoint),
    }
    if endpoint.method == "GET":
        operation["parameters"] = [
            *(_in_query(each) for each in endpoint.parameters),
            *(_ref("parameters", name) for name in _PAGING if endpoint.paged),
        ]
    elif endpoint.parameters:
        operation["requestBody"] = _body(endpoint)
    return operation | {"responses": _responses(endpoint)}


def _operation_id(endpoint: Endpoint) -> str:
    """`getServicesByServiceId`: placeholders are spoken with `By`."""
    spoken = endpoint.path.replace("{", "by_").replace("}", "").replace("/", "_").split("_")
    return endpoint.method.lower() + "".join(word.capitalize() for word in spoken)


def _who(ability: str) -> str:
    needed = ABILITIES[ability]
    if needed is EVERYBODY:
        return f"everybody (`{ability}`)"
    if needed == ADMINS_ONLY:
        return f"admins (`{ability}`)"
    sections = " or ".join(f"`{section}`" for section in needed or ())
    return f"admins, and to members with the section {sections} (`{ability}`)"


def _in_query(parameter: Parameter) -> Schema:
    found = {
        "name": parameter.name,
        "in": "query",
        "schema": schemas.of_parameter(parameter, looked_for=True),
    }
    return found | ({"description": parameter.description} if parameter.description else {})


def _body(endpoint: Endpoint) -> Schema:
    required = [each.name for each in endpoint.parameters if each.required and endpoint.makes]
    schema: Schema = {
        "type": "object",
        "properties": {each.name: _property(each) for each in endpoint.parameters},
    }
    if required:
        schema["required"] = required
    content = {media_type: {"schema": schema} for media_type in _BODIES}
    for media_type in (FORM, MULTIPART):
        content[media_type] = {"schema": _in_form(schema, endpoint)}
    return {"required": bool(required), "content": content}


def _in_form(schema: Schema, endpoint: Endpoint) -> Schema:
    """Lists have brackets after their names in a form, and what is no text stands there as JSON."""
    lists = {each.name for each in endpoint.parameters if each.kind in (Kind.TEXTS, Kind.INTEGERS)}
    bracketed = {
        "properties": {
            f"{name}[]" if name in lists else name: inner
            for name, inner in schema["properties"].items()
        }
    }
    required = [f"{name}[]" if name in lists else name for name in schema.get("required", ())]
    return schema | bracketed | ({"required": required} if required else {})


def _property(parameter: Parameter) -> Schema:
    schema = schemas.of_parameter(parameter)
    return schema | ({"description": parameter.description} if parameter.description else {})


def _responses(endpoint: Endpoint) -> Schema:
    """The status of success, and those of errors that can come."""
    found: Schema = {"201" if endpoint.makes else "200": _success(endpoint)}
    found |= {status: _ref("responses", name) for status, name in _ALWAYS.items()}
    if len(endpoint.formats) > 1:
        found["406"] = _ref("responses", "NoSuchFormat")
    if endpoint.method == "GET":
        found["304"] = _ref("responses", "NotModified")
    else:
        found["409"] = _ref("responses", "Conflict")
        found["413"] = _ref("responses", "TooLarge")
    if endpoint.method != "GET" or endpoint.parameters:
        found["422"] = _ref("responses", "Invalid")
    return dict(sorted(found.items()))


def _success(endpoint: Endpoint) -> Schema:
    shape = endpoint.shape
    if shape is None:
        return {"description": "Done; the body is empty."}
    content: Schema = {}
    if JSON in endpoint.formats:
        of_json = schemas.of_answer(shape, many=endpoint.many, bare=endpoint.bare)
        content[_TYPES[JSON]] = {"schema": of_json}
    if XML in endpoint.formats and isinstance(shape, Representation):
        content[_TYPES[XML]] = {"schema": schemas.of_xml_answer(shape, many=endpoint.many)}
    return {"description": "Made." if endpoint.makes else "Done.", "content": content}


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _response(description: str, json: Schema | None = None, xml: Schema | None = None) -> Schema:
    found: Schema = {"description": description}
    if json is not None:
        # Without a schema where the body may also be empty.
        found["content"] = {
            _TYPES[JSON]: {"schema": json},
            _TYPES[XML]: {} if xml is None else {"schema": xml},
        }
    return found


_ALWAYS = {"400": "Unreadable", "403": "Forbidden", "404": "NotFound", "503": "Unavailable"}
_UNREADABLE = _response("It cannot be read, or says nothing.", _ERROR, _XML_ERROR)
_UNREADABLE["content"]["text/plain"] = {"schema": {"type": "string"}}
_RESPONSES: dict[str, Schema] = {
    "Unreadable": _UNREADABLE,
    "NotModified": _response("What the caller has, as `If-None-Match` names it, is still right."),
    "Forbidden": _response(
        "No credential, or one that may not do this; or the record cannot be deleted, for the reason that is told.",
        {"anyOf": [_ERROR, _STATUS, _ERRORS]},
    ),
    "NotFound": _response("There is none, or none that the caller may see.", _STATUS),
    "NoSuchFormat": _response("There is no such format.", _ERROR, _XML_ERROR),
    "Conflict": _response("Somebody else was quicker; the body is empty."),
    "TooLarge": _response("The body is larger than 2.5 MB.", _ERROR, _XML_ERROR),
    "Invalid": _response(
        "Something given is wrong: all of it is told, and nothing is changed.",
        {"anyOf": [_ERRORS, _ERROR]},
        {"anyOf": [_XML_ERRORS, _XML_ERROR]},
    ),
    "Unavailable": _response("The catalog cannot be read or written now.", _STATUS),
}
_PARAMETERS: dict[str, Schema] = {
    "format": {
        "name": "format",
        "in": "path",
        "required": True,
        "description": "Of the answer.",
        "schema": {"type": "string", "enum": [JSON, XML]},
    },
    "page": {
        "name": "page",
        "in": "query",
        "description": "From 1.",
        "schema": {"type": "integer", "minimum": 1, "default": 1},
    },
    "per_page": {
        "name": "per_page",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 500},
    },
}
_SECURITY: dict[str, Schema] = {
    "access_token": {
        "type": "apiKey",
        "in": "query",
        "name": "access_token",
        "description": "An access token with the scope `account_management`.",
    },
    "provider_key": {"type": "apiKey", "in": "query", "name": "provider_key"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "An access token or the provider key, as user name or as password.",
    },
}
