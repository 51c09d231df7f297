"""Calls to the APIs behind the gateway."""

from collections.abc import AsyncIterable, Sequence
from typing import Final, Literal

import aiohttp
from yarl import URL

Kind = Literal["connect", "timeout", "closed", "protocol"]
"""What went wrong.

connect   nobody answers at the address, or it is not known
timeout   the upstream took too long
closed    the connection ended before the answer did
protocol  what came is no HTTP, or headers are too long
"""

_RETRIED: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of which a second try changes nothing."""

_LINE_BYTES: Final = 64 * 1024


class UpstreamFailed(Exception):
    """There was no answer.

    Attributes:
        status: How the caller is answered.
    """

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.status = 504 if kind == "timeout" else 502


class CallerGone(Exception):
    """The caller's body broke off: what came of it must not look like all of it."""


class Upstreams:
    """Connections to all upstreams, that are kept."""

    def __init__(self, connect_timeout_s: float, read_timeout_s: float) -> None:
        """Within a running event loop.

        Args:
            read_timeout_s: How long an upstream may be silent, before its answer or within it.
        """
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=30),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=connect_timeout_s, sock_read=read_timeout_s
            ),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def call(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: AsyncIterable[bytes] | None,
    ) -> aiohttp.ClientResponse:
        """The answer, its body not yet read.

        What changes nothing and has no body is tried a second time when nobody was there, or a kept connection had just
        been closed.

        Raises:
            UpstreamFailed: There was none.
            CallerGone: The caller's body broke off.
        """
        try:
            return await self._once(method, url, headers, body)
        except UpstreamFailed as error:
            if (
                method not in _RETRIED
                or body is not None
                or error.kind not in ("connect", "closed")
            ):
                raise
        return await self._once(method, url, headers, body)

    async def _once(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: AsyncIterable[bytes] | None,
    ) -> aiohttp.ClientResponse:
        try:
            return await self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise failure(error) from error

    async def close(self) -> None:
        await self._session.close()


def failure(error: Exception) -> UpstreamFailed:
    """What an exception of a call means."""
    reason = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        return UpstreamFailed("timeout", reason)
    if isinstance(error, aiohttp.ClientConnectorError):
        return UpstreamFailed("connect", reason)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return UpstreamFailed("closed", reason)
    if isinstance(error, aiohttp.ClientPayloadError):
        return UpstreamFailed("closed", reason)
    return UpstreamFailed("protocol", reason)
