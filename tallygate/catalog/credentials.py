"""Secrets and identifiers: how they are made, and how those are kept that nobody needs to read again."""

import hashlib
import secrets

DIGEST_PREFIX = "SHA384$"


def user_key() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)


def provider_key() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)


def application_key() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)


def application_id() -> str:
    """8 hexadecimal digits."""
    return secrets.token_hex(4)


def service_token() -> str:
    """64 hexadecimal digits."""
    return secrets.token_hex(32)


def access_token() -> str:
    """96 hexadecimal digits."""
    return secrets.token_hex(48)


def password() -> str:
    """A password with 120 bits of randomness, that can be typed."""
    return secrets.token_urlsafe(15)


def digest(value: str) -> str:
    """What is stored of an access token.

    A plain hash is enough: the token is random and long, so it cannot be guessed from its digest.
    """
    return DIGEST_PREFIX + hashlib.sha384(value.encode()).hexdigest()
