"""Answers that end their connection: while the listener is leaving, so that no client uses it again."""

from collections.abc import Sequence
from typing import Any

Headers = Sequence[tuple[str, str]]

_CLOSE = ("connection", "close")


class ClosingProtocol:
    """An RSGI protocol in front of another one."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __aiter__(self) -> Any:
        return self._inner.__aiter__()

    def response_empty(self, status: int, headers: Headers) -> None:
        self._inner.response_empty(status, [*headers, _CLOSE])

    def response_str(self, status: int, headers: Headers, body: str) -> None:
        self._inner.response_str(status, [*headers, _CLOSE], body)

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        self._inner.response_bytes(status, [*headers, _CLOSE], body)
