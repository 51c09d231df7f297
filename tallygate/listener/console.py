"""Asking the console of this home, which has the history, without being held up by it."""

import asyncio
import http.client
import io
import json
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import msgspec

from tallygate.domain.errors import TallygateError
from tallygate.settings import Settings

WITHIN_S: Final = 10.0
"""How long a question may take, with its wait for others."""
AT_ONCE: Final = 8
"""How many questions are asked at once; more wait for these."""
WAITING: Final = 64
"""How many questions there may be in all; more are refused at once."""
_MAX_BYTES: Final = 8 * 1024 * 1024


class ConsoleSilent(TallygateError):
    """There is no answer; the message says why."""


class Reply(NamedTuple):
    status: int
    body: bytes


class Console:
    """Asks over a connection for each question. Belongs to one event loop."""

    def __init__(self, settings: Settings, internal_token: str) -> None:
        self._announced = settings.run / "console.json"
        self._token = internal_token
        self._free = asyncio.Semaphore(AT_ONCE)
        self._questions = 0

    async def ask(self, path: str, given: object) -> Reply:
        """Posts JSON to one of its internal addresses.

        Raises:
            ConsoleSilent: It does not run, does not answer in time, or is asked too much at once.
        """
        if self._questions >= WAITING:
            raise ConsoleSilent("the history is asked too much at once, try again later")
        self._questions += 1
        try:
            async with asyncio.timeout(WITHIN_S), self._free:
                return await self._exchange(path, msgspec.json.encode(given))
        except TimeoutError:
            raise ConsoleSilent(f"the console did not answer within {WITHIN_S:g} s") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ConsoleSilent(f"the console does not answer: {error}") from None
        finally:
            self._questions -= 1

    async def _exchange(self, path: str, body: bytes) -> Reply:
        host, port = self._address()
        reader, writer = await asyncio.open_connection(host, port)
        try:
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self._token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            received = await _all(reader)
        finally:
            writer.close()
        response = http.client.HTTPResponse(cast("Any", _Received(received)))
        response.begin()
        return Reply(response.status, response.read())

    def _address(self) -> tuple[str, int]:
        """Raises OSError, ValueError: nothing says where it is."""
        try:
            parts = urlsplit(str(json.loads(self._announced.read_bytes())["url"]))
        except FileNotFoundError:
            raise OSError("it does not run") from None
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self._announced} is damaged") from error
        return parts.hostname or "", parts.port or 80


class _Received:
    """Bytes that were received, as the standard library's HTTP parser reads them from a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


async def _all(reader: asyncio.StreamReader) -> bytes:
    """All until the other side closes. Raises ValueError: it is more than any answer is."""
    received = bytearray()
    while data := await reader.read(65_536):
        received += data
        if len(received) > _MAX_BYTES:
            raise ValueError("its answer is too large")
    return bytes(received)
