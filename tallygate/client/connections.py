"""HTTP to one address, over connections that are kept; safe for threads."""

import contextlib
import http.client
import ssl
from collections import deque
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from tallygate.client.forking import begin_anew_in_children

_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""More than this is no answer of ours."""


class Response(NamedTuple):
    """What came back: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(Exception):
    """Nobody is there, or what came is no HTTP, or took too long; the request may or may not have been heard."""


class Connections:
    """Keeps connections for whoever calls next."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """
        Args:
            url: `http://HOST[:PORT]` or `https://HOST[:PORT]`, and a path before all others if there is one.
            timeout_s: For each step: to connect, to send, and to receive.

        Raises:
            ValueError: It is no such URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"not an address of the form http://HOST:PORT: {url!r}")
        self.url = url.rstrip("/")
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._idle: deque[http.client.HTTPConnection] = deque()
        begin_anew_in_children(self)

    def after_fork(self) -> None:
        for connection in self._idle:
            if connection.sock is not None:
                connection.sock.detach()  # closing a TLS connection would speak on the parent's
        self._idle = deque()

    def request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Response:
        """One request, that may be sent twice: a kept connection may just have been closed at its other end.

        Raises:
            NoAnswer: There was none.
        """
        while True:
            try:
                connection, kept = self._idle.pop(), True
            except IndexError:
                connection, kept = self._connection(), False
            try:
                return self._on(connection, method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not kept or isinstance(error, TimeoutError):
                    raise NoAnswer(f"{self.url}: {str(error) or type(error).__name__}") from None

    def _on(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> Response:
        # Whoever does not want a body may answer, and close, before it has come.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, self._prefix + path, body, headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        text = answer.read(_ANSWER_BYTES)
        if answer.isclosed() and not answer.will_close:
            self._idle.append(connection)
        else:
            connection.close()
        return Response(answer.status, found, text)

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout_s, context=self._tls
        )

    def close(self) -> None:
        """Closes what is kept."""
        while self._idle:
            self._idle.pop().close()
