"""What is asked of the gateway: a call to pass on, or whether a call may pass that another proxy has before it."""

from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from tallygate.domain import request_target
from tallygate.domain.request_target import Target
from tallygate.gateway.headers import Headers

Mode = Literal["proxy", "forward-auth", "ext-authz"]
"""What the gateway does.

proxy         passes calls on
forward-auth  answers for nginx, Caddy and Traefik, which say in X-Forwarded-Method, -Uri and -Host what was called
ext-authz     answers for Envoy, which sends the call itself, without its body
"""

HEADERS_BYTES = 64 * 1024
PATH_SAFE = "/:@&=+,;!*'()$-_.~"


class NotProper(ValueError):
    """The request is none that is passed on.

    Attributes:
        status: How it is answered.
    """

    def __init__(self, status: int = 400) -> None:
        super().__init__(status)
        self.status = status


class Asked(NamedTuple):
    """Attributes:
    method: As in the request line.
    host: Which host was called.
    target: What of it: the path as nginx normalises it, so that rules and the upstream see the same.
    headers: By their names in lower case.
    """

    method: str
    host: str
    target: Target
    headers: dict[str, str]


def read(scope: Any, given: Headers, mode: Mode) -> Asked:
    """Raises NotProper."""
    if sum(len(name) + len(value) for name, value in given) > HEADERS_BYTES:
        raise NotProper(431)
    if sum(name == "host" for name, _ in given) != 1:
        raise NotProper
    headers = dict(given)
    if mode == "forward-auth":
        # Each of them must be there: else the caller, and not the proxy, could have said it.
        method, host, target = (
            headers.get(f"x-forwarded-{name}", "") for name in ("method", "host", "uri")
        )
        if not (method and host and target):
            raise NotProper
        return Asked(method, host, _parsed(target), headers)
    # U+FFFD stands for bytes that are no UTF-8: which ones they were is not known here.
    if "\ufffd" in scope.path:
        raise NotProper
    target = f"{quote(scope.path, safe=PATH_SAFE)}?{scope.query_string}"
    # A target with a host of its own goes before the header (RFC 9112, 3.2.2).
    return Asked(scope.method, scope.authority or headers["host"], _parsed(target), headers)


def _parsed(target: str) -> Target:
    try:
        return request_target.parse(target)
    except ValueError:
        raise NotProper from None
