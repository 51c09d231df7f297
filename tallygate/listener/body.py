"""Reading a request's body, as much of it as is allowed."""

import asyncio
from typing import Any, Final

from tallygate.domain.errors import BadRequest
from tallygate.listener.parameters import LimitExceeded

READ_WITHIN_S: Final = 30
"""How long a body may take to arrive: nobody may hold memory for ever."""


async def read_body(protocol: Any, headers: Any, limit_bytes: int) -> bytes:
    """The whole body.

    Raises:
        LimitExceeded: It is larger than `limit_bytes`; no more than that was kept in memory.
        BadRequest: It broke off, or took too long. What came of it must not count: the caller is going to send it again.
    """
    declared = headers.get("content-length")
    size_declared = int(declared) if declared is not None else None
    if size_declared is not None and size_declared > limit_bytes:
        raise LimitExceeded(f"total query size exceeds limit ({limit_bytes})")
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            parts, empty = await _read_parts(protocol, limit_bytes)
    except TimeoutError:
        raise BadRequest("the body did not arrive in time") from None
    size = sum(map(len, parts))
    # The server ends every body with one empty part, and puts one more in the place of what it could not read.
    if empty > 1 or size_declared not in (None, size):
        raise BadRequest()
    return b"".join(parts)


async def _read_parts(protocol: Any, limit_bytes: int) -> tuple[list[bytes], int]:
    """The parts, and how many of them were empty."""
    parts: list[bytes] = []
    size = empty = 0
    async for part in protocol:
        size += len(part)
        empty += not part
        if size > limit_bytes:
            raise LimitExceeded(f"total query size exceeds limit ({limit_bytes})")
        parts.append(bytes(part))
    return parts, empty
