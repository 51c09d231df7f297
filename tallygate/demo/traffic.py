"""Gentle live traffic: what a gateway would ask the listener, a few times a second."""

import http.client
import random
import time
from urllib.parse import urlencode, urlsplit

from tallygate.demo.sample import call
from tallygate.demo.stage import Actor, Props

CALLS_PER_S = 3.0
PAUSE_AFTER_FAILURE_S = 1.0
TIMEOUT_S = 5.0


def query(props: Props, actor: Actor, usage: dict[str, int], code: int) -> str:
    """The query of a call that authorizes and counts."""
    return urlencode(
        {
            "service_id": props.service_id,
            "service_token": props.service_token,
            "user_key": actor.user_key,
            **{f"usage[{metric}]": value for metric, value in usage.items()},
            "log[code]": code,
        }
    )


def run(url: str, props: Props) -> None:
    """Calls the listener at `url` until the process ends."""
    chance = random.Random()  # noqa: S311 (traffic, not a secret)
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=TIMEOUT_S
    )
    while True:
        metric, code = call(chance)
        text = query(props, chance.choice(props.actors), {metric: 1}, code)
        try:
            connection.request("GET", f"/transactions/authrep.xml?{text}")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):  # the listener is being started again
            connection.close()
            time.sleep(PAUSE_AFTER_FAILURE_S)
        time.sleep(chance.expovariate(CALLS_PER_S))
