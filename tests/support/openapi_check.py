"""Whether answers say what the OpenAPI documents say of them."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from django.http import HttpResponse
from django.test import Client

from tallygate.api.openapi.documents import DOCUMENTS

_MEANS = {"HEAD": "get", "PATCH": "put"}
_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")


class DocumentedClient(Client):
    """A test client; each answer of an API must be one that its document tells of, with nothing left out."""

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        for name in ("account-management", "analytics"):
            contradicts(name, request["REQUEST_METHOD"], request["PATH_INFO"], answer)
        return answer


def contradicts(name: str, method: str, path: str, answer: HttpResponse) -> None:
    """Raises AssertionError when the answer is none that the document tells of.

    What the document does not name is left alone: other methods, paths without a format, other APIs.
    """
    operation = _operation(name, _MEANS.get(method, method.lower()), path)
    if operation is None:
        return
    body = b"" if answer.streaming else answer.content  # what streams is read by the test itself
    said = f"{method} {path}: {answer.status_code} {body[:500]!r}"
    responses = operation["responses"]
    assert str(answer.status_code) in responses, f"undocumented status: {said}"
    response = _found(name, responses[str(answer.status_code)])
    content = response.get("content", {})
    if not (body or answer.streaming):
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in content, f"undocumented type {media_type}: {said}"
    if media_type == "application/json":
        schema = content[media_type]["schema"]
        errors = list(_validator(name, json.dumps(schema)).iter_errors(json.loads(body)))
        assert not errors, f"{said}\n{errors[0]}"


@cache
def _document(name: str) -> Any:
    return json.loads(DOCUMENTS[name].written("json", "http://testserver"))


@cache
def _patterns(name: str) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
    """Paths without placeholders first, as they are the more exact ones."""
    paths = sorted(_document(name)["paths"].items(), key=lambda pair: pair[0].count("{"))
    return [
        (re.compile(_PLACEHOLDER.sub(r"(?P<\1>[^/]+?)", re.escape(path))), item)
        for path, item in paths
    ]


def _operation(name: str, method: str, path: str) -> Any:
    for pattern, item in _patterns(name):
        if pattern.fullmatch(path) and method in item:
            return item[method]
    return None


def _found(name: str, schema: Any) -> Any:
    """What the reference names."""
    if "$ref" not in schema:
        return schema
    found = _document(name)
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


@cache
def _validator(name: str, schema: str) -> Any:
    whole = json.loads(schema) | {"components": _document(name)["components"]}
    return jsonschema_rs.validator_for(_closed(whole))


def _closed(schema: Any) -> Any:
    """The schema where what it does not name may not be there."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(inner) for name, inner in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
