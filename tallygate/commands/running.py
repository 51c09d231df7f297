"""What a command can learn from, and ask of, the processes that run on a home."""

import http.client
import json
import socket
from urllib.parse import urlsplit

from tallygate.domain.errors import TallygateError
from tallygate.settings import Settings, load_secrets

CONNECT_S = 2.0


class ProcessSilent(TallygateError):
    """A process of the home is there but does not answer."""


def url_of(settings: Settings, name: str) -> str | None:
    """The address of the running 'listener' or 'console'; None if it does not run.

    What a killed process has left behind is told from a running one by asking the address: the
    process id may be another's by now.
    """
    try:
        url = str(json.loads((settings.run / f"{name}.json").read_bytes())["url"])
        parts = urlsplit(url)
        socket.create_connection((parts.hostname or "", parts.port or 80), CONNECT_S).close()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url


def post(
    settings: Settings, url: str, path: str, timeout_s: float, given: object = None
) -> tuple[int, bytes]:
    """Posts to an internal address of a running process; gives status and body.

    Args:
        given: Sent as JSON.

    Raises:
        ProcessSilent: There was no answer.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=timeout_s
    )
    token = load_secrets(settings.home).internal_token
    try:
        body = None if given is None else json.dumps(given)
        connection.request("POST", path, body, {"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ProcessSilent(f"{url} does not answer: {error}") from None
    finally:
        connection.close()
