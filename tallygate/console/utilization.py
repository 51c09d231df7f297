"""How much of its limits an application has used: asked of the listener, whose ledger knows it exactly."""

import base64
import http.client
import json
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import msgspec

from tallygate.catalog.models import Application
from tallygate.domain.errors import TallygateError
from tallygate.settings import Settings

WITHIN_S = 1.0
"""How long a page waits for the listener, at each step of the way."""


class ListenerSilent(TallygateError):
    """There is no answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Used:
    """A limit, and what of it is used.

    Attributes:
        metric: Its system name.
    """

    metric: str
    period: str
    maximum: int
    current: int

    @property
    def percent(self) -> float:
        """Of a limit of nothing, any use is all of it."""
        return self.current / self.maximum * 100 if self.maximum else 100.0 * bool(self.current)


class _Limit(msgspec.Struct, frozen=True):
    period: str
    metric_name: str
    max_value: int
    current_value: int


class _Answer(msgspec.Struct, frozen=True):
    utilization: list[_Limit] = []
    error: str = ""


def utilization(settings: Settings, application: Application) -> list[Used]:
    """The limits of its plan, in the protocol's order, as they stand now.

    Raises:
        ListenerSilent: The listener does not run, does not answer in time, or not this.
    """
    service = quote(application.product.service_id, safe="")
    path = f"/internal/services/{service}/applications/{quote(application.application_id, safe='')}"
    answer = _get(settings, f"{path}/utilization/")
    return [
        Used(each.metric_name, each.period, each.max_value, each.current_value)
        for each in answer.utilization
    ]


def _get(settings: Settings, path: str) -> _Answer:
    where = urlsplit(_listener(settings))
    connection = http.client.HTTPConnection(
        where.hostname or "", where.port or 80, timeout=WITHIN_S
    )
    user = f"{settings.internal_user}:{settings.internal_password}"
    headers = {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        answer = msgspec.json.decode(response.read(), type=_Answer)
    except (OSError, http.client.HTTPException) as error:
        raise ListenerSilent(f"the listener does not answer: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ListenerSilent("the listener answers something else") from None
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise ListenerSilent(f"the listener answers {response.status}: {answer.error}")
    return answer


def _listener(settings: Settings) -> str:
    """Where a listener of this home says that it is, else where the settings say."""
    for file in sorted(settings.run.glob("listener*.json")):
        try:
            return str(json.loads(file.read_bytes())["url"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it is just ending
    return f"http://{settings.listener}"
