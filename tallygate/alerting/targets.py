"""Where alerts may go: addresses of mail, and URLs that users of a provider choose.

A URL makes this machine call another, which its chooser may not reach themselves. So by default only public
addresses are called, by HTTPS; what may be called besides, `TALLYGATE_WEBHOOK_HOSTS` names.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MOST_ADDRESSES = 20


class Place(NamedTuple):
    """What a URL names.

    Attributes:
        path: With its query.
    """

    tls: bool
    host: str
    port: int
    path: str


class Forbidden(Exception):
    """It may not be called; the message says why, without what was found there."""


def addresses(text: str) -> list[str]:
    """The addresses of a text; raises ValidationError: one is none, or they are too many."""
    found = [each.strip() for each in text.replace("\n", ",").split(",") if each.strip()]
    if len(found) > MOST_ADDRESSES:
        raise ValidationError(f"may be {MOST_ADDRESSES} at most")
    for each in found:
        try:
            validate_email(each)
        except ValidationError:
            raise ValidationError(f"has {each[:80]}, which is no address") from None
    return list(dict.fromkeys(found))


def check_url(url: str) -> None:
    """Raises ValidationError: it is no URL that could be called."""
    if url:
        try:
            parse(url)
        except Forbidden as error:
            raise ValidationError(str(error)) from None


def parse(url: str) -> Place:
    """Raises Forbidden: it is no URL of the web, or it has a password in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Forbidden("is no URL") from None
    if parts.scheme not in ("https", "http") or not host or not url.isascii():
        raise Forbidden("must begin with https://")
    if parts.username is not None or any(char.isspace() or not char.isprintable() for char in url):
        raise Forbidden("may have no password and no space in it")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(tls, host, port or (443 if tls else 80), path)


def resolve(place: Place, allowed: str) -> str:
    """The IP address to call: looked up once and then kept to, so that another answer later changes nothing.

    Args:
        allowed: Host names and networks, with commas, that may be called though they are private or without TLS.

    Raises:
        Forbidden: It may not be called.
        OSError: The name is not known.
    """
    names = [each.strip().lower() for each in allowed.split(",") if each.strip()]
    trusted = place.host.lower() in names
    found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    ips = [str(each[4][0]) for each in found]
    trusted = trusted or all(_within(ip, names) for ip in ips)
    if not trusted:
        if not place.tls:
            raise Forbidden("must begin with https://")
        if not all(_is_public(ip) for ip in ips):
            raise Forbidden("leads into a private network")
    return ips[0]


def _is_public(ip: str) -> bool:
    address = ipaddress.ip_address(ip.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return (inner or address).is_global and not address.is_multicast


def _within(ip: str, names: Sequence[str]) -> bool:
    address = ipaddress.ip_address(ip.partition("%")[0])
    for name in names:
        try:
            if address in ipaddress.ip_network(name):
                return True
        except ValueError:
            continue  # a host name
    return False
