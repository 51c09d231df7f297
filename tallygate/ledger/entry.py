"""The durable record of one counted call, and its bytes in the log.

A record is `<u32 length of body><i64 time in ms><body>`, little endian; the body is MessagePack of
`[service, application, [metric, delta, ...], [metric, value, ...], code, id, id_expires_s]`,
cut after the third or the fifth field where nothing follows.
"""

import struct
from collections.abc import Iterator

import msgspec

HEAD = struct.Struct("<Iq")

FORGET = -1
"""In place of a response code: all that was counted before this place in the log is gone, of the entry's application, or
of its service where it names no application."""


class Entry(msgspec.Struct, frozen=True):
    """One counted call.

    Attributes:
        service: The product's protocol id.
        application: The application's protocol id (not the catalog's number).
        time_ms: When it happened, UTC milliseconds.
        usage: (metric id, delta) after roll-up to the ancestors; a metric stands once. May be negative: a set to a lower value.
        sets: (metric id, value) of the metrics that were set rather than added to; their `usage` holds the difference to the running total.
        code: The HTTP response code reported with it, 0 if none.
        id: The idempotency id, '' if none.
        id_expires_s: When the id may be forgotten, UTC seconds; 0 = never.
    """

    service: str
    application: str
    time_ms: int
    usage: tuple[tuple[str, int], ...]
    code: int = 0
    sets: tuple[tuple[str, int], ...] = ()
    id: str = ""
    id_expires_s: int = 0


def tombstone(service: str, application: str, time_ms: int) -> Entry:
    """What says that a service, or an application of it, is forgotten. `application` '' = the whole service."""
    return Entry(service, application, time_ms, (), FORGET)


def forgets(said: Entry, service: str, application: str) -> bool:
    """Whether a tombstone is about an application."""
    return said.service == service and said.application in ("", application)


class _Body(msgspec.Struct, array_like=True, frozen=True, omit_defaults=True):
    service: str
    application: str
    usage: list[str | int]
    sets: list[str | int] = []
    code: int = 0
    id: str = ""
    id_expires_s: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def encode_body(entry: Entry) -> bytes:
    """All of an entry but its time: what stays the same from call to call and can be kept."""
    usage = _flat(entry.usage)
    if entry.id or entry.sets:
        sets = _flat(entry.sets)
        fields: tuple[object, ...] = (
            entry.service, entry.application, usage, sets, entry.code, entry.id, entry.id_expires_s,
        )  # fmt: skip
    elif entry.code:
        fields = (entry.service, entry.application, usage, (), entry.code)
    else:
        fields = (entry.service, entry.application, usage)
    try:
        return _encode(fields)
    except OverflowError:  # a set whose difference to a huge total needs more than 64 bits
        return _encode(
            [
                [portable(part) for part in field] if isinstance(field, list) else field
                for field in fields
            ]
        )


def portable(part: str | int) -> str | int:
    """MessagePack holds 64 bits; a larger number is written as text."""
    return str(part) if isinstance(part, int) and not -(2**63) <= part < 2**63 else part


def _flat(pairs: tuple[tuple[str, int], ...]) -> list[str | int]:
    return [part for pair in pairs for part in pair]


def record(time_ms: int, body: bytes) -> bytes:
    """The bytes of one record."""
    return HEAD.pack(len(body), time_ms) + body


def decode_records(payload: bytes) -> Iterator[Entry]:
    """The entries of a frame's payload, in the order in which they were recorded.

    Raises:
        ValueError: The payload is not a whole number of records.
    """
    at, end = 0, len(payload)
    while at < end:
        if end - at < HEAD.size:
            raise ValueError("a record's head is cut")
        length, time_ms = HEAD.unpack_from(payload, at)
        at += HEAD.size
        if end - at < length:
            raise ValueError("a record's body is cut")
        body = _decode(payload[at : at + length])
        at += length
        yield Entry(
            body.service,
            body.application,
            time_ms,
            _pairs(body.usage),
            body.code,
            _pairs(body.sets),
            body.id,
            body.id_expires_s,
        )


def _pairs(flat: list[str | int]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (str(name), int(number)) for name, number in zip(flat[::2], flat[1::2], strict=True)
    )
