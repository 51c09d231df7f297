"""Calling a URL that somebody has chosen: signed, bounded in time and size, and believed in nothing but its status."""

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from contextlib import suppress

from tallygate.alerting.targets import Forbidden, Place, parse, resolve

WITHIN_S = 10.0
"""All of it: a receiver that drips bytes gets no longer."""


class NotTaken(Exception):
    """The receiver did not take it; the message says why.

    Attributes:
        final: Whether trying again makes no sense.
    """

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def signature(secret: str, time_s: int, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 over the time, a dot and the body. The time lets receivers refuse old ones."""
    mac = hmac.new(secret.encode(), f"{time_s}.".encode() + body, hashlib.sha256)
    return f"t={time_s},v1={mac.hexdigest()}"


def post(
    url: str, body: bytes, headers: dict[str, str], allowed: str, within_s: float = WITHIN_S
) -> str:
    """Returns the status that it was taken with: one of 200 to 299. Redirects are not followed.

    Raises:
        NotTaken: Another status, no answer, or a place that may not be called.
    """
    try:
        place = parse(url)
        ip = resolve(place, allowed)
    except Forbidden as error:
        raise NotTaken(f"not called: the URL {error}", final=True) from None
    except OSError as error:
        raise NotTaken(f"the host is not known: {error.strerror or error}") from None
    status = _status(place, ip, body, headers, within_s)
    if 200 <= status < 300:
        return f"answered {status}"
    raise NotTaken(f"answered {status}", final=status == 410)


def _status(place: Place, ip: str, body: bytes, headers: dict[str, str], within_s: float) -> int:
    connection = _Pinned(place, ip, within_s)
    ended = threading.Timer(within_s, connection.cut)
    ended.start()
    try:
        connection.request("POST", place.path, body, headers | {"Host": _host(place)})
        status = int(connection.getresponse().status)
        if connection.was_cut:  # an answer that broke off in the middle looks like a whole one
            raise TimeoutError
        return status
    except (OSError, http.client.HTTPException, ValueError) as error:
        if connection.was_cut or isinstance(error, TimeoutError):
            raise NotTaken(f"no answer within {within_s:g} s") from None
        raise NotTaken(f"no answer: {_reason(error)}") from None
    finally:
        ended.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """Connects to an address that was looked up before, by the name of the host."""

    def __init__(self, place: Place, ip: str, within_s: float) -> None:
        super().__init__(place.host, place.port, timeout=within_s)
        self._place = place
        self._ip = ip
        self.was_cut = False

    def connect(self) -> None:
        plain = socket.create_connection((self._ip, self._place.port), self.timeout)
        self.sock = plain
        if self._place.tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self._place.host)

    def cut(self) -> None:
        """From another thread: ends whatever it waits for."""
        self.was_cut = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _host(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == (443 if place.tls else 80) else f"{host}:{place.port}"


def _reason(error: Exception) -> str:
    """Of what went wrong only the kind: what a private service says is nobody's business."""
    if isinstance(error, ssl.SSLError):
        return "its certificate is not trusted, or it speaks no TLS"
    if isinstance(error, http.client.HTTPException | ValueError):
        return "it speaks no HTTP"
    return str(getattr(error, "strerror", None) or "the connection broke")
