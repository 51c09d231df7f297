"""Who may call the Internal API: whoever knows its user and password; without one, programs of this machine."""

import base64
import binascii
import hmac
import ipaddress
from typing import Final

from tallygate.domain.errors import InputError
from tallygate.settings import Settings

_SCHEME: Final = "basic "


class BasicAuth:
    """HTTP Basic authentication with the user and password of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.wanted = bool(settings.internal_user or settings.internal_password)
        """Whether callers have to say who they are."""
        self._expected = f"{settings.internal_user}:{settings.internal_password}".encode()

    def admits(self, authorization: str | None) -> bool:
        """Whether the header `Authorization` is right, in a time that does not depend on it."""
        return not self.wanted or hmac.compare_digest(_credentials(authorization), self._expected)


def _credentials(authorization: str | None) -> bytes:
    if authorization is None or authorization[: len(_SCHEME)].lower() != _SCHEME:
        return b""
    try:
        return base64.b64decode(authorization[len(_SCHEME) :].strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def require_password_unless_local(settings: Settings, host: str) -> None:
    """An Internal API that is open to all must not be reachable from other machines.

    Args:
        host: The numeric address to which the listener is bound.

    Raises:
        InputError: It would be.
    """
    protected = settings.internal_password != ""
    if not protected and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise InputError(
            f"TALLYGATE_INTERNAL_PASSWORD must be set: with the listener on {host}, others than this"
            " machine could reach the Internal API, which changes services, keys and limits"
        )
