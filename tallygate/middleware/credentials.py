"""Who calls: the credentials of a request, where the product has them."""

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple

from tallygate.client.protocol import Credentials
from tallygate.domain import request_target


class Credentialing(NamedTuple):
    """Where callers put their credentials, and under which names.

    Attributes:
        location: `query`, `headers`, or `authorization`: HTTP Basic.
        by_user_key: Whether callers have a user key, and not an id with a key.
    """

    location: str
    by_user_key: bool
    user_key: str
    app_id: str
    app_key: str


def find(asked: Credentialing, headers: Mapping[str, str], query: str) -> Credentials | None:
    """The credentials of a request; None where they are missing.

    Args:
        headers: By their names in lower case.
        query: As in the request's target, undecoded.
    """
    if asked.location == "authorization":
        return _basic(asked, headers.get("authorization", ""))
    if asked.location == "headers":
        return _by_name(asked, {name: headers.get(name.lower()) for name in asked[2:]})
    return _by_name(asked, request_target.arguments(query))


def _by_name(asked: Credentialing, given: Mapping[str, str | None]) -> Credentials | None:
    if asked.by_user_key:
        user_key = given.get(asked.user_key)
        return Credentials(user_key=user_key) if user_key else None
    app_id = given.get(asked.app_id)
    return Credentials(app_id=app_id, app_key=given.get(asked.app_key) or None) if app_id else None


def _basic(asked: Credentialing, value: str) -> Credentials | None:
    """User name and password; a user key may be either."""
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, _, password = text.partition(":")
    if asked.by_user_key:
        key = name or password
        return Credentials(user_key=key) if key else None
    return Credentials(app_id=name, app_key=password or None) if name else None
