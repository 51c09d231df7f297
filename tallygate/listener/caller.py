"""Who made a call: told of those that went wrong."""

import re
import secrets
from typing import Any, Final, NamedTuple

from tallygate.integration_errors.masking import bounded

_NOT_OF_AN_ID: Final = re.compile(r"[^A-Za-z0-9._:/+=@-]")
_MAX_ID: Final = 100


class Caller(NamedTuple):
    """What is told of a call besides its parameters.

    Attributes:
        endpoint: The path, without a query.
        client: The address that the connection came from, without the port.
        id: Of `X-Request-Id`, as far as it has the form of an id; else made here.
        echo: The headers that repeat the id to a caller who sent one.
    """

    method: str
    endpoint: str
    client: str
    user_agent: str
    id: str
    echo: tuple[tuple[str, str], ...]


def caller_of(scope: Any) -> Caller:
    """Who sent the request of an RSGI scope."""
    headers = scope.headers
    given = _NOT_OF_AN_ID.sub("", (headers.get("x-request-id") or "")[: 2 * _MAX_ID])[:_MAX_ID]
    return Caller(
        scope.method,
        _endpoint(scope.path),
        scope.client.rpartition(":")[0].strip("[]"),
        bounded(headers.get("user-agent") or ""),
        given or secrets.token_hex(8),
        (("x-request-id", given),) if given else (),
    )


def _endpoint(path: str) -> str:
    """The path as far as it names what was called; behind that, paths of the Internal API hold tokens and keys."""
    if path.startswith("/transactions") or path == "/usage":
        return path
    return f"/{path.split('/')[1][:20]}/…"
