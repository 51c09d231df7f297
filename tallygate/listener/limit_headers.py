"""The headers `3scale-limit-*`: the most constrained limit of a call."""

from collections.abc import Mapping, Sequence

from tallygate.domain.limits import ETERNITY, Epoch
from tallygate.ledger.usage import LimitOn


def limit_headers(
    limits: Sequence[LimitOn],
    values: Sequence[int],
    units: Mapping[str, int] | None,
    epoch: Epoch,
    now_ms: int,
) -> list[tuple[str, str]]:
    """The headers.

    Args:
        limits, values: All limits of the plan in the protocol's order, and the current value shown for each.
        units: What this call counts, by metric id, ancestors included; None if it names no usage.
        now_ms: UTC milliseconds.
    """
    best: tuple[int, int, int] | None = None
    for place, (limit, current) in enumerate(zip(limits, values, strict=True)):
        if units is not None and limit.metric not in units:
            continue
        left = max(limit.maximum - current, 0)
        unit = (units or {}).get(limit.metric, 0)
        if left and not unit:
            continue  # unlimited as far as this call goes
        candidate = (left // unit if left else 0, -limit.period, place)
        best = candidate if best is None else min(best, candidate)
    if best is None:
        return [("3scale-limit-remaining", "-1"), ("3scale-limit-reset", "-1")]
    chosen = limits[best[2]]
    reset_s = (
        -1
        if chosen.period == ETERNITY
        else -(-(epoch.end_s(chosen.period) * 1000 - now_ms) // 1000)
    )
    return [
        ("3scale-limit-remaining", str(best[0])),
        ("3scale-limit-reset", str(reset_s)),
        ("3scale-limit-max-value", str(chosen.maximum)),
    ]
