"""The rows of a roll-up, computed anew from the raw entries: SQL for who compares or fills in.

Each gives the columns series, product, application, t and value, not yet summed, for the entries with
`{begin_ms} <= time_ms < {end_ms}`; `{step_ms}` and `{step_s}` are the table's step.
"""

from tallygate.history.schema import RAW, Table
from tallygate.history.series import PAIR

_WHO_AND_WHEN = "product, application, intDiv(time_ms, {step_ms}) * {step_s} AS t"
_WITHIN = "WHERE time_ms >= {begin_ms} AND time_ms < {end_ms}"
_USAGE = f"""
    SELECT concat('m:', metric) AS series, {_WHO_AND_WHEN}, delta AS value
    FROM {RAW.name} ARRAY JOIN metrics AS metric, deltas AS delta {_WITHIN}"""
_CODES = f"""
    SELECT concat('c:', toString(code)) AS series, {_WHO_AND_WHEN}, toInt64(1) AS value
    FROM {RAW.name} {_WITHIN} AND code != 0"""
_CODES_OF_METRICS = f"""
    SELECT concat('{PAIR}', toString(code), ':', metric) AS series, {_WHO_AND_WHEN}, toInt64(1) AS value
    FROM {RAW.name} ARRAY JOIN metrics AS metric {_WITHIN} AND code != 0"""


def all_of(table: Table) -> str:
    """All that the table holds of the entries."""
    parts = [_USAGE, _CODES, *([_CODES_OF_METRICS] if table.codes_of_metrics else [])]
    return _with_totals(" UNION ALL ".join(parts))


def codes_of_metrics() -> str:
    """The response codes of each metric alone."""
    return _with_totals(_CODES_OF_METRICS)


def _with_totals(rows: str) -> str:
    """Each application's rows, and the same as part of the product's total."""
    return (
        f"SELECT series, product, application, t, value FROM ({rows}) UNION ALL"
        f" SELECT series, product, '', t, value FROM ({rows}) WHERE application != ''"
    )
