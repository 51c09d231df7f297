"""What every answer of the listener has in common."""

from collections.abc import Sequence
from typing import Any, Final

from tallygate.domain.errors import NotValidData, ProtocolError, Unavailable, UsageShapeInvalid
from tallygate.listener.document import error_document
from tallygate.listener.parameters import LimitExceeded

Headers = list[tuple[str, str]]

_CORS: Final[Headers] = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "ETag, Link, 3scale-rejection-reason"),
]
_XML: Final = ("content-type", "application/vnd.3scale-v2.0+xml")
_POLICY: Final = ("content-security-policy", "default-src 'self'")
_NOSNIFF: Final = ("x-content-type-options", "nosniff")

XML_HEADERS: Final[Headers] = [_XML, *_CORS, _POLICY, _NOSNIFF]
_EMPTY_HEADERS: Final[Headers] = [*XML_HEADERS, ("content-length", "0")]
ERROR_HEADERS: Final[Headers] = [_XML, *_CORS, _NOSNIFF]
JSON_HEADERS: Final[Headers] = [("content-type", "application/json"), *_CORS, _POLICY, _NOSNIFF]
TEXT_HEADERS: Final[Headers] = [
    ("content-type", "text/plain;charset=utf-8"), *_CORS, _POLICY, _NOSNIFF,
]  # fmt: skip
PREFLIGHT_HEADERS: Final[Headers] = [
    *_CORS,
    ("access-control-max-age", "86400"),
    ("access-control-allow-methods", "GET, POST, PATCH, PUT, DELETE"),
    (
        "access-control-allow-headers",
        "Authorization, Accept-Encoding, Content-Type, Cache-Control, Accept, If-Match, "
        "If-Modified-Since, If-None-Match, If-Unmodified-Since, X-Requested-With, "
        "X-HTTP-Method-Override, 3scale-options",
    ),
    _POLICY,
    _NOSNIFF,
]


_OURS: Final = ("Idempotency-Key", "X-Request-Id")


def preflight_headers(asked: str | None) -> Headers:
    """The answer to a browser that asks whether a page may call.

    Args:
        asked: The headers that the call will have: of those beyond the protocol only these are named.
    """
    wanted = {name.strip().lower() for name in (asked or "").split(",")}
    ours = [name for name in _OURS if name.lower() in wanted]
    if not ours:
        return PREFLIGHT_HEADERS
    return [
        (name, ", ".join((value, *ours)) if name == "access-control-allow-headers" else value)
        for name, value in PREFLIGHT_HEADERS
    ]


def send_error(
    protocol: Any, error: ProtocolError, no_body: bool, more: Sequence[tuple[str, str]] = ()
) -> None:
    """An error in the protocol's form; `more` are further headers."""
    if isinstance(error, UsageShapeInvalid):
        send_empty(protocol, error.status, more)
        return
    always = isinstance(error, NotValidData | LimitExceeded)
    body = "" if no_body and not always else error_document(error.code, error.message)
    protocol.response_str(error.status, [*ERROR_HEADERS, *more], body)


def send_empty(protocol: Any, status: int, more: Sequence[tuple[str, str]] = ()) -> None:
    """An answer that never has a body; it says so to HEAD as well. `more` are further headers."""
    protocol.response_empty(status, [*_EMPTY_HEADERS, *more])


def unavailable(error: OSError) -> Unavailable:
    """What the caller learns when the ledger could not write."""
    return Unavailable(f"nothing was counted, try again later: {error.strerror}")


def unreachable(error: OSError) -> Unavailable:
    """The same for a call that counts nothing."""
    return Unavailable(f"limits cannot be checked now, try again later: {error.strerror}")
