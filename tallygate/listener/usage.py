"""The `usage` of a call: its values, its metrics, and what it counts on their ancestors."""

import re
from collections.abc import Mapping
from typing import Final

from tallygate.domain.errors import MetricInvalid, UsageValueInvalid
from tallygate.domain.metrics import ancestors, roll_up
from tallygate.ledger.usage import Usage
from tallygate.listener.parameters import Value
from tallygate.registry.views import ServiceView

MAX_VALUE: Final = 2**63 - 1

_NUMBER: Final = re.compile(r"\s*(#?)0*([0-9]{1,19})\s*", re.ASCII)


def parse_value(metric: str, value: Value) -> tuple[int, bool]:
    """The number, and whether it sets (`#5`) instead of adding.

    Raises:
        UsageValueInvalid: It is empty, no whole number, or larger than 64 bits hold.
    """
    if not isinstance(value, str) or not value.strip():
        raise UsageValueInvalid(metric, None)
    match = _NUMBER.fullmatch(value)
    if match is None or int(match[2]) > MAX_VALUE:
        raise UsageValueInvalid(metric, value)
    return int(match[2]), bool(match[1])


def effective_usage(given: Mapping[str, Value], service: ServiceView, flat: bool) -> Usage:
    """What a call counts: the usage given by metric name, rolled up to the ancestors unless `flat`.

    Raises:
        UsageValueInvalid, MetricInvalid: For the first bad metric in request order; of one metric, the value first.
    """
    numbers: dict[str, tuple[int, bool]] = {}
    for given_name, value in given.items():
        name = given_name.strip()
        number = parse_value(name, value)
        metric = service.metric_ids.get(name)
        if metric is None:
            raise MetricInvalid(name)
        numbers[metric] = number
    adds, sets = roll_up(
        [(metric, number, is_set) for metric, (number, is_set) in numbers.items()],
        {} if flat else service.parents,
    )
    if any(number > MAX_VALUE for number in adds.values()):
        raise UsageValueInvalid(next(iter(given)).strip(), str(max(adds.values())))
    return Usage(tuple(adds.items()), tuple(sets.items()))


def named_metrics(given: Mapping[str, Value], service: ServiceView) -> set[str]:
    """The ids of the metrics that a usage names, and of their ancestors.

    Raises:
        MetricInvalid: A name is unknown; names are taken as they are, untrimmed.
    """
    found: set[str] = set()
    for name in given:
        metric = service.metric_ids.get(name)
        if metric is None:
            raise MetricInvalid(name.strip())
        found.update((metric, *ancestors(metric, service.parents)))
    return found


def without_zeros(given: Mapping[str, Value]) -> dict[str, Value]:
    """What is left to count: a value that is exactly "0" counts nothing."""
    return {name: value for name, value in given.items() if value != "0"}


def response_code(log: Value) -> int:
    """The response code of a `log` parameter, 0 if there is none: three digits, 100 to 599."""
    code = log.get("code") if isinstance(log, dict) else None
    if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():
        number = int(code)
        return number if 100 <= number <= 599 else 0
    return 0
