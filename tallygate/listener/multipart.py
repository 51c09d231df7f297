"""Form bodies: urlencoded, or multipart brought into the same form."""

from email.errors import HeaderParseError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import quote_from_bytes

from tallygate.domain.errors import BadRequest


def form_text(data: bytes, content_type: str) -> str:
    """The body as urlencoded Latin-1 text. Multipart without a boundary is taken for urlencoded, as the protocol has it.

    Raises:
        BadRequest: A multipart body is broken.
    """
    if (
        not content_type.lower().lstrip().startswith("multipart/")
        or "boundary=" not in content_type
    ):
        return data.decode("latin-1")
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    try:
        message = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + data)
    except (HeaderParseError, ValueError) as error:
        raise BadRequest() from error
    if not message.is_multipart() or message.defects:
        raise BadRequest()
    return "&".join(_pair(part) for part in message.iter_parts())


def _pair(part: MIMEPart) -> str:
    name = part.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise BadRequest()
    value = part.get_payload(decode=True)
    if not isinstance(value, bytes):
        raise BadRequest()
    encoded = name.encode("utf-8", "surrogateescape")
    return f"{quote_from_bytes(encoded, safe='[]')}={quote_from_bytes(value, safe='')}"
