"""What POST /usage takes: items of usage as JSON, as lines of JSON, and as CloudEvents."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

import msgspec

from tallygate.domain.errors import BadRequest, ContentTypeInvalid
from tallygate.listener.idempotency import checked_id
from tallygate.listener.parameters import LimitExceeded

ITEMS_PER_TURN: Final = 100
"""How many items are counted before other calls have their turn: about a millisecond's worth."""

MAX_ARRAY_ITEMS: Final = 10_000
MAX_LINES: Final = 100_000
MAX_LINES_BYTES: Final = 8 * 1024 * 1024
MAX_JSON_BYTES: Final = 1024 * 1024
"""Less than of lines: the boundaries of an array's items are found in one go, while others wait."""

_JSON: Final = "application/json"
_LINES: Final = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_EVENT: Final = "application/cloudevents+json"
_EVENTS: Final = "application/cloudevents-batch+json"

_SERVICE_IN_SOURCE: Final = re.compile(r"(?:^|/)services/([^/?#]+)")

Form: TypeAlias = Literal["one", "array", "lines"]
Raw: TypeAlias = "bytes | msgspec.Raw"
Time: TypeAlias = datetime | int | float | None
Code: TypeAlias = Annotated[int, msgspec.Meta(ge=100, le=599)] | None


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened.

    Attributes:
        usage: How much, by metric name; counted on the ancestors too.
        app_id, user_key: Who: one of the two.
        service_id: Of which product; None = the one that the request names.
        timestamp: When: a time with its zone, or UTC seconds; None = now.
        response_code: How the API answered.
        id: The same id counts once.
    """

    usage: dict[str, int]
    app_id: str | None = None
    user_key: str | None = None
    service_id: str | None = None
    timestamp: Time = None
    response_code: Code = None
    id: str | None = None


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data of an event about usage."""

    usage: dict[str, int]
    app_id: str | None = None
    user_key: str | None = None
    service_id: str | None = None
    response_code: Code = None


class _Event(msgspec.Struct, frozen=True):
    """A CloudEvent 1.0; attributes that are not named here are passed over."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    data: _Data
    subject: str | None = None
    time: datetime | None = None


UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Decode: TypeAlias = Callable[[Raw], Item]
"""Raises one of UNREADABLE, or BadRequest: this item cannot be read."""


class Items(NamedTuple):
    """The items of a body, not yet decoded.

    Attributes:
        form: How the results are written: for one item, in an array, or in lines.
        parts: ITEMS_PER_TURN at most in each.
    """

    form: Form
    decode: Decode
    parts: Iterable[Sequence[Raw]]


def limit_bytes(media_type: str) -> int:
    """How large a body of this type may be.

    Raises:
        ContentTypeInvalid: It is none that is taken.
    """
    if media_type in _LINES:
        return MAX_LINES_BYTES
    if media_type in (_JSON, _EVENT, _EVENTS):
        return MAX_JSON_BYTES
    raise ContentTypeInvalid(media_type)


def read_items(media_type: str, data: bytes, service_named: bool) -> Items:
    """The items of a body of a type that `limit_bytes` knows.

    Args:
        service_named: Whether the request names the product, so that the source of an event need not.

    Raises:
        BadRequest: It is no JSON array where one is expected.
        LimitExceeded: There are too many.
    """
    if media_type in _LINES:
        _within(MAX_LINES, "lines", data.count(b"\n") + (not data.endswith(b"\n")))
        return Items("lines", _decode_item, _lines(data))
    decode = _decode_item if media_type == _JSON else _event_decoder(service_named)
    if media_type == _EVENTS or (media_type == _JSON and data.lstrip()[:1] == b"["):
        return Items("array", decode, _chunks(_array(data)))
    return Items("one", decode, [[data]])


_decode_item: Final[Decode] = msgspec.json.Decoder(Item).decode
_decode_event: Final = msgspec.json.Decoder(_Event).decode
_decode_array: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


def _event_decoder(service_named: bool) -> Decode:
    def decode(raw: Raw) -> Item:
        return _item_of(_decode_event(raw), service_named)

    return decode


def _item_of(event: _Event, service_named: bool) -> Item:
    for name in ("id", "source", "type"):
        checked_id(getattr(event, name), f"the {name} of an event")
    data = event.data
    service_id = data.service_id
    if service_id is None and not service_named:
        found = _SERVICE_IN_SOURCE.search(event.source)
        service_id = unquote(found[1]) if found else None
    nobody = data.app_id is None and data.user_key is None
    return Item(
        data.usage,
        event.subject if nobody else data.app_id,
        data.user_key,
        service_id,
        event.time,
        data.response_code,
        f"{event.source} {event.id}",
    )


def _array(data: bytes) -> list[msgspec.Raw]:
    try:
        found = _decode_array(data)
    except UNREADABLE as error:
        raise BadRequest(str(error)) from None
    _within(MAX_ARRAY_ITEMS, "items", len(found))
    return found


def _within(limit: int, name: str, number: int) -> None:
    if number > limit:
        raise LimitExceeded(f"number of {name} ({number}) exceeds limit ({limit})")


def _chunks(items: Iterable[Raw]) -> Iterator[list[Raw]]:
    rest = iter(items)
    while part := list(islice(rest, ITEMS_PER_TURN)):
        yield part


def _lines(data: bytes) -> Iterator[list[Raw]]:
    """Lines that are not blank. Found part by part: a whole body takes long to split."""

    def found() -> Iterator[bytes]:
        at = 0
        while at < len(data):
            end = data.find(b"\n", at)
            end = len(data) if end < 0 else end
            line = data[at:end]
            at = end + 1
            if line and not line.isspace():
                yield line

    return _chunks(found())
