"""Usage for the weeks before the demo's first start: the same each time it is made for the same end."""

import random
from collections.abc import Iterator, Sequence

from tallygate.demo.cast import CONSUMERS, DAY_S, HOUR_S, METHODS, Consumer, answer_of
from tallygate.importing.sink import Usage

DAYS = 62
"""So that the last 30 days have as many before them to be compared with."""
SLOT_S = 1_800
"""Calls of one method in so long are one report, as gateways send that gather calls: a first start stays quick."""

_WEIGHTS = sum(method.weight for method in METHODS)


def reports(end_s: int, applications: Sequence[str]) -> Iterator[Usage]:
    """The usage of the DAYS before `end_s` (UTC seconds), oldest first by the slot.

    `applications` are the protocol ids of CONSUMERS, in their order. Each report has an id of its own, so
    that a sample that was sent in part can be sent again.
    """
    first_s = end_s // SLOT_S * SLOT_S - DAYS * DAY_S
    for slot_s in range(first_s, end_s, SLOT_S):
        length_s = min(SLOT_S, end_s - slot_s)
        done = (slot_s - first_s) / (DAYS * DAY_S)
        for consumer, application in zip(CONSUMERS, applications, strict=True):
            yield from _slot(slot_s, length_s, done, consumer, application)


def _slot(
    slot_s: int, length_s: int, done: float, consumer: Consumer, application: str
) -> Iterator[Usage]:
    chance = random.Random(f"{consumer.application} {slot_s}")  # noqa: S311 (a sample, not a secret)
    mean = consumer.calls_per_hour(slot_s, done) * length_s / HOUR_S
    for method in METHODS:
        calls = _calls(mean * method.weight / _WEIGHTS, chance)
        if calls:
            at_ms = slot_s * 1000 + chance.randrange(length_s * 1000)
            name = f"demo-{slot_s}-{application}-{method.name}"
            yield Usage(application, at_ms, {method.name: calls}, name, answer_of(method, chance))


def _calls(mean: float, chance: random.Random) -> int:
    """How many calls came by chance, where they are so many on average."""
    calls, part = 0, 0.0
    while mean and (part := part + chance.expovariate(mean)) < 1:
        calls += 1
    return calls
