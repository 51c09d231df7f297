"""Form bodies: urlencoded, or multipart brought into the same form."""

import re
from typing import Final
from urllib.parse import quote_from_bytes

from tallygate.domain.errors import BadRequest

_BOUNDARY: Final = re.compile(r'multipart/.*;\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_NAME: Final = re.compile(
    rb'^content-disposition:[^\r\n]*;[ \t]*name=(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s;"]+))',
    re.IGNORECASE | re.MULTILINE,
)


def form_text(data: bytes, content_type: str) -> str:
    """The body as urlencoded text, in which bytes that are not UTF-8 are lone surrogates.

    Multipart without a boundary is taken for urlencoded, as the protocol has it.

    Raises:
        BadRequest: A multipart body is broken.
    """
    boundary = _BOUNDARY.match(content_type.lstrip())
    if boundary is None:
        return data.decode("utf-8", "surrogateescape")
    delimiter = f"\r\n--{boundary[1] or boundary[2]}".encode()
    _preamble, *parts = (b"\r\n" + data).split(delimiter)
    if not parts or not parts.pop().startswith(b"--"):
        raise BadRequest()
    return "&".join(_pair(part) for part in parts)


def _pair(part: bytes) -> str:
    head, blank_line, value = part.partition(b"\r\n\r\n")
    name = _NAME.search(head)
    if not blank_line or name is None:
        raise BadRequest()
    text = re.sub(rb"\\(.)", rb"\1", name[1]) if name[1] is not None else name[2]
    return f"{quote_from_bytes(text, safe='[]')}={quote_from_bytes(value, safe='')}"
