"""Gentle live traffic: what a gateway would ask the listener, as often as in the sample at this hour."""

import http.client
import random
import time
from urllib.parse import urlencode, urlsplit

from tallygate.demo.cast import CONSUMERS, HOUR_S, METHODS, answer_of
from tallygate.demo.stage import Actor, Props

LONGEST_MEAN_PAUSE_S = 10.0
"""Also in the quietest hour, who looks on sees something happen."""
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
        rates = [consumer.calls_per_hour(int(time.time())) for consumer in CONSUMERS]
        actor = chance.choices(props.actors, rates)[0]
        method = chance.choices(METHODS, [method.weight for method in METHODS])[0]
        text = query(props, actor, {method.name: 1}, answer_of(method, chance))
        try:
            connection.request("GET", f"/transactions/authrep.xml?{text}")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):  # the listener is being started again
            connection.close()
            time.sleep(PAUSE_AFTER_FAILURE_S)
        mean_pause_s = min(HOUR_S / sum(rates), LONGEST_MEAN_PAUSE_S)
        time.sleep(mean_pause_s * chance.uniform(0.5, 1.5))
