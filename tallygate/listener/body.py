"""Reading a request's body, as much of it as is allowed."""

from typing import Any

from tallygate.listener.parameters import LimitExceeded


async def read_body(protocol: Any, headers: Any, limit_bytes: int) -> bytes:
    """The whole body.

    Raises:
        LimitExceeded: It is larger than `limit_bytes`; no more than that was kept in memory.
    """
    declared = headers.get("content-length") or "0"
    if declared.isdigit() and int(declared) > limit_bytes:
        raise LimitExceeded(f"total query size exceeds limit ({limit_bytes})")
    parts: list[bytes] = []
    size = 0
    async for part in protocol:
        size += len(part)
        if size > limit_bytes:
            raise LimitExceeded(f"total query size exceeds limit ({limit_bytes})")
        parts.append(bytes(part))
    return b"".join(parts)
