"""What a request gives: its query, and its body as a form, as multipart or as JSON."""

import io
from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"


class BodyInvalid(Exception):
    """The body is not what its Content-Type says; the message says what is wrong."""


def json_body(request: HttpRequest) -> Mapping[str, Any]:
    """The JSON object in the body; empty where the body is something else.

    Raises:
        BodyInvalid: It is no JSON, or nested too deep.
    """
    if request.content_type != JSON or not request.body.strip():
        return {}
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyInvalid("The request body is not valid JSON") from None
    except RecursionError:
        raise BodyInvalid("The request body is nested too deep") from None
    return body if isinstance(body, dict) else {}


def form_body(request: HttpRequest) -> QueryDict:
    """The form in the body, whatever the method; empty where the body is something else.

    Raises:
        BodyInvalid: It is no multipart body, though it says so.
    """
    if request.content_type == FORM:
        return QueryDict(request.body, encoding=request.encoding or "utf-8")
    if request.content_type != MULTIPART:
        return QueryDict()
    try:
        parser = MultiPartParser(
            request.META, io.BytesIO(request.body), request.upload_handlers, request.encoding
        )
        return parser.parse()[0]
    except MultiPartParserError as error:
        raise BodyInvalid(f"The request body is not a valid form: {error}") from None


def sources(request: HttpRequest) -> list[Mapping[str, Any]]:
    """JSON body, form and query; of a body that cannot be read nothing: the view says what is wrong with it."""
    found: list[Mapping[str, Any]] = []
    for read in (json_body, form_body):
        try:
            found.append(read(request))
        except BodyInvalid:
            continue
    return [*found, request.GET]
