"""Asking the listener of this home, or the one that the settings name."""

import base64
import http.client
import json
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from tallygate.domain.errors import TallygateError
from tallygate.settings import Settings

WITHIN_S = 1.0
"""How long a page waits for the listener, at each step of the way."""

T = TypeVar("T")


class ListenerSilent(TallygateError):
    """There is no answer; the message says why."""


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


def ask(settings: Settings, path: str, kind: type[T], within_s: float = WITHIN_S) -> T:
    """What the Internal API answers to a GET.

    Raises:
        ListenerSilent: The listener does not run, does not answer in time, or not this.
    """
    where = urlsplit(_listener(settings))
    connection = http.client.HTTPConnection(
        where.hostname or "", where.port or 80, timeout=within_s
    )
    user = f"{settings.internal_user}:{settings.internal_password}"
    headers = {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    try:
        connection.request("GET", f"/internal{path}", headers=headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            refusal = msgspec.json.decode(body, type=_Refusal)
            raise ListenerSilent(f"the listener answers {response.status}: {refusal.error}")
        return msgspec.json.decode(body, type=kind)
    except (OSError, http.client.HTTPException) as error:
        raise ListenerSilent(f"the listener does not answer: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ListenerSilent("the listener answers something else") from None
    finally:
        connection.close()


def _listener(settings: Settings) -> str:
    """Where a listener of this home says that it is, else where the settings say."""
    for file in sorted(settings.run.glob("listener*.json")):
        try:
            return str(json.loads(file.read_bytes())["url"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it is just ending
    return f"http://{settings.listener}"
