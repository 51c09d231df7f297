"""What is kept of a call that was made wrongly."""

from typing import NamedTuple

import msgspec


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """The call itself, with its secrets masked. Of a group that repeats, a recent one.

    Attributes:
        endpoint: The path, without a query.
        method: The HTTP verb.
        client: The address that the connection came from.
        user_agent: As given.
        request_id: As given in `X-Request-Id`, or as made for it; the log has the same.
        credential: How the call named its application: `app_id=…`, `user_key=…`, or both.
        metric: The metric that the error is about, '' if it is about none.
        parameters: What the protocol knows of the call's (or the transaction's) parameters, flat: `usage[hits]`.
    """

    endpoint: str
    method: str
    client: str
    user_agent: str = ""
    request_id: str = ""
    credential: str = ""
    metric: str = ""
    parameters: dict[str, str] = {}


class Group(msgspec.Struct, frozen=True):
    """All errors of one service with the same code and message.

    Attributes:
        service: The service's protocol id.
        first_ms, last_ms: When the first and the last of them came, UTC milliseconds.
        count: How many they are.
    """

    service: str
    code: str
    message: str
    first_ms: int
    last_ms: int
    count: int
    context: Context


class Page(NamedTuple):
    """Some groups of a service, the newest first, and how many groups it has in all."""

    groups: list[Group]
    total: int
