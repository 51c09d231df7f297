"""Reading a request's body, as much of it as is allowed."""

from typing import Any

from tallygate.domain.errors import BadRequest
from tallygate.listener.parameters import LimitExceeded


async def read_body(protocol: Any, headers: Any, limit_bytes: int) -> bytes:
    """The whole body.

    Raises:
        LimitExceeded: It is larger than `limit_bytes`; no more than that was kept in memory.
        BadRequest: It broke off. What came of it must not count: the caller is going to send it again.
    """
    declared = headers.get("content-length")
    size_declared = int(declared) if declared is not None else None
    if size_declared is not None and size_declared > limit_bytes:
        raise LimitExceeded(f"total query size exceeds limit ({limit_bytes})")
    parts: list[bytes] = []
    size = empty = 0
    async for part in protocol:
        size += len(part)
        empty += not part
        if size > limit_bytes:
            raise LimitExceeded(f"total query size exceeds limit ({limit_bytes})")
        parts.append(bytes(part))
    # The server ends every body with one empty part, and puts one more in the place of what it could not read.
    if empty > 1 or size_declared not in (None, size):
        raise BadRequest()
    return b"".join(parts)
