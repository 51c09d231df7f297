"""Where usage goes: batches of backfill, taken by the ledger that is running or by one of our own."""

import http.client
import time
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote, urlsplit

import msgspec

from tallygate.domain.errors import TallygateError

TRIES = 5
FIRST_PAUSE_S = 0.2
TIMEOUT_S = 60.0


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One hit, as the backfill takes it.

    Attributes:
        application: The application's protocol id.
        time_ms: When, UTC milliseconds.
        usage: Metric's system name -> how much.
        id: Counts once, for ever.
        code: The answer's HTTP status; 0 = none.
    """

    application: str
    time_ms: int
    usage: dict[str, int]
    id: str
    code: int = 0


class Refusal(msgspec.Struct, frozen=True):
    """Why one line of a batch was not counted."""

    index: int
    code: str
    message: str


class Outcome(msgspec.Struct, frozen=True):
    """What became of a batch. What is accepted is durable."""

    accepted: int
    duplicate: int
    errors: list[Refusal] = []


class SinkFailed(TallygateError):
    """A batch was not taken; nothing says how much of it was counted. It can be sent again."""


class Sink(Protocol):
    def send(self, batch: Sequence[Usage]) -> Outcome:
        """Counts a batch.

        Raises:
            SinkFailed: It could not be counted; the message says why.
        """
        ...


class ListenerSink:
    """Sends batches to a running listener over HTTP; sends again what got no answer."""

    def __init__(self, url: str, token: str, service_id: str) -> None:
        """`url` is the listener's address, `token` the home's internal token."""
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=TIMEOUT_S
        )
        self._path = f"/internal/services/{quote(service_id, safe='')}/backfill"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
        }

    def send(self, batch: Sequence[Usage]) -> Outcome:
        body = msgspec.json.Encoder().encode_lines(batch)
        pause_s = FIRST_PAUSE_S
        for left in range(TRIES - 1, -1, -1):
            try:
                status, answer = self._post(body)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                failure = f"the listener does not answer: {error}"
            else:
                if status == 200:
                    return msgspec.json.decode(answer, type=Outcome)
                failure = f"the listener answered {status}: {_said(answer)}"
                if status < 500:
                    break
            if left:  # the ids make it safe to send the same again
                time.sleep(pause_s)
                pause_s *= 2
        raise SinkFailed(failure)

    def close(self) -> None:
        self._connection.close()

    def _post(self, body: bytes) -> tuple[int, bytes]:
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()


def _said(answer: bytes) -> str:
    return answer.decode("utf-8", "replace").strip()[:300]
