"""What a call is answered, in the format that it asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import msgspec
from django.http import HttpResponse

from tallygate.api.answers import JSON as JSON_TYPE
from tallygate.api.answers import TEXT as TEXT_TYPE
from tallygate.api.answers import XML as XML_TYPE
from tallygate.api.management.representation import JSON, XML, Representation, Value, written

Problems = Mapping[str, Sequence[str]]
"""Field -> what is wrong with it; `base` is the record as a whole."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A record, or a value."""

    shape: Representation | Value
    record: Any
    status: int = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """Records.

    Attributes:
        pages: `per_page`, `total_entries`, `total_pages`, `current_page`; empty where all is on one page.
        bare: Whether JSON has them without a wrapper.
    """

    shape: Representation
    records: Sequence[Any]
    pages: Mapping[str, int] = field(default_factory=dict)
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing but the status."""

    status: int = 200


Answer = Shown | Listed | Done


def response(answer: Answer, form: str, base_url: str) -> HttpResponse:
    """The answer on the wire."""
    if isinstance(answer, Done):
        return HttpResponse(b"", status=answer.status, content_type=_type(form))
    body = _xml(answer) if form == XML else msgspec.json.encode(_json(answer, base_url))
    status = answer.status if isinstance(answer, Shown) else 200
    return HttpResponse(body, status=status, content_type=_type(form))


def _json(answer: Shown | Listed, base_url: str) -> Any:
    if isinstance(answer, Shown):
        return answer.shape.json(answer.record, base_url)
    records = [answer.shape.json(record, base_url) for record in answer.records]
    if answer.bare:
        return records
    pages = {"metadata": answer.pages} if answer.pages else {}
    return {answer.shape.plural: records} | pages


def _xml(answer: Shown | Listed) -> bytes:
    if isinstance(answer, Shown):
        assert isinstance(answer.shape, Representation), "values are JSON only"
        return written(answer.shape.xml(answer.record))
    return written(answer.shape.xml_many(answer.records, answer.pages))


def problems(form: str, status: int, found: Problems) -> HttpResponse:
    """What is wrong, field by field."""
    if form != XML:
        body = msgspec.json.encode({"errors": found})
        return HttpResponse(body, status=status, content_type=JSON_TYPE)
    root = ElementTree.Element("errors")
    for name, messages in found.items():
        for message in messages:
            ElementTree.SubElement(root, "error").text = _sentence(name, message)
    return HttpResponse(written(root), status=status, content_type=XML_TYPE)


def text(status: int, message: str) -> HttpResponse:
    """A line of text, whatever the format."""
    return HttpResponse(message, status=status, content_type=TEXT_TYPE)


def _sentence(name: str, message: str) -> str:
    """`Friendly name can't be blank`."""
    if name == "base":
        return message
    words = name.removesuffix("_id").replace("_", " ").capitalize()
    return f"{words} {message}"


def _type(form: str) -> str:
    return XML_TYPE if form == XML else JSON_TYPE


__all__ = [
    "JSON",
    "XML",
    "Answer",
    "Done",
    "Listed",
    "Shown",
    "problems",
    "response",
    "text",
]
