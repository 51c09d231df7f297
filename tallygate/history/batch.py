"""A batch: the rows that a stretch of the logs becomes in each table."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tallygate.history.engine import Rows
from tallygate.history.schema import RAW, Table
from tallygate.history.series import code_series, metric_series
from tallygate.ledger.entry import Entry

_Key = tuple[str, str, str, int]
"""(series, product, application, first second of the row)"""
_Kind = tuple[str, str, int, tuple[tuple[str, int], ...], int]
"""(product, application, first second of the row, usage, response code)"""

INT64_MAX = 2**63 - 1


class Point(NamedTuple):
    """A row of a roll-up."""

    series: str
    product: str
    application: str
    t: int
    value: int


def raw_rows(entries: Iterable[Entry], batch: int) -> dict[int, Rows]:
    """Rows of `raw` by partition, with the number of their batch."""
    partitions: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    for entry in entries:
        time_ms = max(entry.time_ms, 0)
        partitions[RAW.partition(time_ms // 1000)].append(
            (
                entry.service,
                entry.application,
                time_ms,
                [metric for metric, _ in entry.usage],
                [_int64(delta) for _, delta in entry.usage],
                entry.code,
                entry.id,
                batch,
            )
        )
    return dict(partitions)


def points(entries: Iterable[Entry], table: Table) -> dict[int, list[Point]]:
    """Rows of a roll-up by partition, without zeros; a response code counts 1 per entry."""
    sums: dict[_Key, int] = defaultdict(int)
    for (product, application, t, usage, code), count in _alike(entries, table.step_s).items():
        for series, value in _values(usage, code, table):
            sums[series, product, application, t] += count * value
            if application:
                sums[series, product, "", t] += count * value
    partitions: dict[int, list[Point]] = defaultdict(list)
    for (series, product, application, t), value in sums.items():
        if value:
            point = Point(series, product, application, t, _int64(value))
            partitions[table.partition(t)].append(point)
    return dict(partitions)


def _alike(entries: Iterable[Entry], step_s: int) -> dict[_Kind, int]:
    """How many entries agree in all that matters here: far fewer sums are left to do."""
    counts: dict[_Kind, int] = defaultdict(int)
    for entry in entries:
        t = max(entry.time_ms, 0) // (step_s * 1000) * step_s
        counts[entry.service, entry.application, t, entry.usage, entry.code] += 1
    return counts


def _values(
    usage: tuple[tuple[str, int], ...], code: int, table: Table
) -> Iterator[tuple[str, int]]:
    for metric, delta in usage:
        yield metric_series(metric), delta
    if code:
        yield code_series(code), 1
        if table.codes_of_metrics:
            for metric, _ in usage:
                yield code_series(code, metric), 1


def _int64(value: int) -> int:
    """What fits the column: a number that no meter reaches must not stop the history."""
    return max(-INT64_MAX, min(INT64_MAX, value))
