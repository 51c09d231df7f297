"""Usage for the weeks before the demo's first start: the same each time it is made for the same end."""

import random
from collections.abc import Iterator, Sequence

from tallygate.demo.cast import CODES, CONSUMERS, METHODS, Consumer
from tallygate.importing.sink import Usage

DAYS = 35
HOUR_S = 3_600
DAY_S = 86_400
_MONDAY_S = 4 * DAY_S  # 1970-01-05


def hits(end_s: int, applications: Sequence[str]) -> Iterator[Usage]:
    """The hits of the DAYS before `end_s` (UTC seconds), oldest first by the hour.

    `applications` are the protocol ids of CONSUMERS, in their order. Each hit has an id of its own, so
    that a sample that was sent in part can be sent again.
    """
    first_hour = end_s // HOUR_S - DAYS * 24
    for hour in range(first_hour, end_s // HOUR_S + 1):
        for consumer, application in zip(CONSUMERS, applications, strict=True):
            yield from _hour(hour, first_hour, end_s, consumer, application)


def _hour(
    hour: int, first_hour: int, end_s: int, consumer: Consumer, application: str
) -> Iterator[Usage]:
    chance = random.Random(f"{consumer.application} {hour}")  # noqa: S311 (a sample, not a secret)
    mean = _mean(hour, (hour - first_hour) / (DAYS * 24), consumer)
    for number in range(max(0, round(chance.gauss(mean, mean**0.5)))):
        at_ms = hour * HOUR_S * 1000 + chance.randrange(HOUR_S * 1000)
        method, code = call(chance)
        if at_ms < end_s * 1000:
            yield Usage(
                application, at_ms, {method: 1}, f"demo-{hour}-{application}-{number}", code
            )


def call(chance: random.Random) -> tuple[str, int]:
    """A method's system name and the code of its answer."""
    method = chance.choices(METHODS, [method.weight for method in METHODS])[0]
    code = chance.choices([code for code, _ in CODES], [share for _, share in CODES])[0]
    return method.name, method.success if code is None else code


def _mean(hour: int, done: float, consumer: Consumer) -> float:
    share = int(consumer.hours[hour % 24]) / 10
    day_of_week = (hour * HOUR_S - _MONDAY_S) // DAY_S % 7
    weekly = consumer.weekend if day_of_week >= 5 else 1.0
    growth = consumer.growth + (1 - consumer.growth) * done
    return consumer.per_hour * share * weekly * growth
