"""The body of a call, on its way through."""

from collections.abc import AsyncIterator
from typing import Any, Final

from tallygate.gateway.upstream import CallerGone

FORM_BYTES: Final = 1024 * 1024
"""How much of a form is looked at by mapping rules; a larger one is passed on and not looked at."""


class RequestBody:
    """Passes the parts of a body on as they come; may be read once.

    Attributes:
        broken: Whether it broke off.
    """

    def __init__(self, protocol: Any) -> None:
        self.broken = False
        self._parts = protocol.__aiter__()
        self._read: list[bytes] = []
        self._begun = False
        self._empty = 0

    async def form(self) -> str:
        """The whole body, if it is no larger than FORM_BYTES, else ''; it is passed on all the same.

        Raises:
            CallerGone: It broke off.
        """
        size = 0
        async for part in self._rest():
            self._read.append(part)
            size += len(part)
            if size > FORM_BYTES:
                return ""
        return b"".join(self._read).decode("latin-1")

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._begun:
            raise RuntimeError("the body was sent already")
        self._begun = True
        return self._all()

    async def _all(self) -> AsyncIterator[bytes]:
        for part in self._read:
            yield part
        async for part in self._rest():
            yield part

    async def _rest(self) -> AsyncIterator[bytes]:
        while True:
            # Neither `async for`, since the server gives its iterator only once, nor `anext` with a default, which ends the
            # process on what the server's iterator gives.
            try:
                part = await self._parts.__anext__()
            except StopAsyncIteration:
                return
            if part:
                yield bytes(part)
                continue
            # The server ends every body with one empty part, and puts one more in the place of what it could not read.
            self._empty += 1
            if self._empty > 1:
                self.broken = True
                raise CallerGone("the body broke off")
