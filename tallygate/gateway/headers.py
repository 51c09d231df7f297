"""Headers on their way through the gateway."""

from collections.abc import Iterable, Sequence
from typing import Final

Headers = Sequence[tuple[str, str]]

HOP_BY_HOP: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
        "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that are about one connection, and end there."""

_OF_THE_GATEWAY: Final = frozenset(
    {"host", "expect", "x-3scale-proxy-secret-token", "x-real-ip", "x-request-id"}
)
"""What callers say under these names does not go on."""


def end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that go on, names in lower case: neither hop-by-hop headers nor what `Connection` names."""
    named = [(name.lower(), value) for name, value in headers]
    stay = {
        token.strip().lower()
        for name, value in named
        if name == "connection"
        for token in value.split(",")
    }
    # A caller must not be able to take these off by naming them in `Connection`.
    stay -= {"content-length", "authorization", "x-forwarded-for"}
    return [(name, value) for name, value in named if name not in HOP_BY_HOP and name not in stay]


def to_upstream(
    headers: Headers, host: str, secret_token: str, request_id: str, client: str, asked_host: str
) -> list[tuple[str, str]]:
    """What the upstream gets.

    Args:
        client: The address of whoever is connected, without a port.
        asked_host: The Host that the caller asked for.
    """
    forwarded = [value for name, value in headers if name == "x-forwarded-for"]
    kept = [
        (name, value)
        for name, value in end_to_end(headers)
        if name not in _OF_THE_GATEWAY and not name.startswith("x-forwarded-")
    ]
    kept += [
        ("host", host),
        ("x-real-ip", client),
        ("x-forwarded-for", ", ".join([*forwarded, client])),
        ("x-forwarded-host", asked_host),
        ("x-forwarded-proto", "http"),
        ("x-request-id", request_id),
    ]
    if secret_token:
        kept.append(("x-3scale-proxy-secret-token", secret_token))
    return kept
