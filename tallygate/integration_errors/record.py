"""What is kept of a call that was made wrongly."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from tallygate.integration_errors.masking import bounded


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


class Naming:
    """Whether a group names somebody: anywhere in its message or its context, as a word of its own.

    Who is named a little more widely than needed loses an error; who is missed stays on record.
    """

    def __init__(self, names: Iterable[str], before_ms: int = 0) -> None:
        """
        Args:
            names: An application's id, and its user keys as `masking.masked` shows them.
            before_ms: Groups whose first error came later name nobody; 0 = whenever it came.
        """
        shown = {each for name in names for each in (name, bounded(name))}
        telling = [re.escape(name) for name in sorted(shown - {"", "…"})]
        either = "|".join(telling) or "(?!)"
        self._before_ms = before_ms
        self._found = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])").search

    def __call__(self, group: Group) -> bool:
        if 0 < self._before_ms <= group.first_ms:
            return False
        return any(self._found(text) for text in (group.message, *_texts(group.context)))


def _texts(context: Context) -> Iterator[str]:
    yield from (context.endpoint, context.client, context.user_agent, context.request_id)
    yield from (context.credential, context.metric)
    yield from context.parameters.values()


class Page(NamedTuple):
    """Some groups of a service, the newest first, and how many groups it has in all."""

    groups: list[Group]
    total: int
