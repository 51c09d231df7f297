"""How records are written in Redis: as texts, and as JSON where there are several."""

from typing import Final

import msgspec

_encode: Final = msgspec.json.Encoder().encode
_texts: Final = msgspec.json.Decoder(list[str]).decode


def packed(*texts: str) -> bytes:
    """Several texts as one."""
    return _encode(texts)


def unpacked(data: bytes | None) -> list[str]:
    """What `packed` was given; nothing for None."""
    return [] if data is None else _texts(data)
