"""The one query function: a Question gives an Answer. Pages, JSON and CSV only format Answers."""

from collections.abc import Sequence
from itertools import pairwise

from tallygate.domain.calendar import Granularity, Window
from tallygate.domain.errors import QuestionError
from tallygate.history.answer import Answer, Line
from tallygate.history.engine import Engine, Value
from tallygate.history.question import Question, Split
from tallygate.history.schema import MINUTE, QUARTER, Table
from tallygate.history.series import PAIR

_COLUMNS: tuple[Split, ...] = ("series", "product", "application")
_Names = tuple[str | None, str | None, str | None]
"""The series, product and application of a line; None where the question does not split by it."""
_Sums = dict[_Names, list[int]]


def ask(
    engine: Engine, question: Question, complete_until_s: int, minutes_since_s: int = 0
) -> Answer:
    """Answers from what is in the tables.

    Args:
        minutes_since_s: From when on usage by minute is kept.

    Raises:
        QuestionError: It cannot be answered; the message says why.
        HistoryUnavailable: The engine cannot answer now.
    """
    previous = question.window.previous() if question.compare else None
    edges = question.window.edges_s
    if previous is not None:
        edges = previous.edges_s + edges[1:]
    table = _table(question, edges, minutes_since_s)
    found = _sums(engine, table, question, edges) if question.series and len(edges) > 1 else {}
    named = _named(question, found, len(edges) - 1)
    count = len(edges) - 1 - len(question.window)
    lines = tuple(Line(*names, tuple(sums[count:]), tuple(sums[:count])) for names, sums in named)
    return Answer(question.window, previous, lines, complete_until_s)


def last_hit_s(engine: Engine, product: str | None, series: Sequence[str]) -> int | None:
    """When any of these was last counted: the first second of its minute, or of its quarter of an
    hour where usage by minute is no longer kept; None if never.

    Raises:
        HistoryUnavailable: The engine cannot answer now.
    """
    if not series:
        return None
    of_product = "" if product is None else " AND product = {product}"
    for table in (MINUTE, QUARTER):
        rows = engine.query(
            f"SELECT max(t), count() FROM {table.name}"
            f" WHERE series IN {{series}}{of_product} AND application = '' AND value > 0",
            series=tuple(series),
            product=product or "",
        )
        if rows[0][1]:
            return int(rows[0][0])
    return None


def _table(question: Question, edges: tuple[int, ...], minutes_since_s: int) -> Table:
    window = question.window
    if all(edge % QUARTER.step_s == 0 for edge in edges):
        return QUARTER
    if any(series.startswith(PAIR) for series in question.series):
        if window.granularity is Granularity.MINUTE:
            raise QuestionError(
                "Response codes of a metric are not kept by minute; ask by the hour"
            )
    elif edges[0] >= minutes_since_s:
        return MINUTE
    elif window.granularity is Granularity.MINUTE:
        kept = window.zone.iso(minutes_since_s)
        raise QuestionError(f"Usage by minute is kept since {kept}; ask by the hour before that")
    # Offsets that are no whole quarters ended in 1972: nothing was counted then.
    return QUARTER


def _sums(engine: Engine, table: Table, question: Question, edges: tuple[int, ...]) -> _Sums:
    columns = [column for column in _COLUMNS if column in question.split]
    where, values = _where(question, edges)
    if question.top is not None and columns:
        within = " AND t >= {since}"
        keys = _greatest(engine, table, question, columns, where + within, values)
        if not keys:
            return {}
        where += f" AND ({', '.join(columns)}) IN {{keys}}"
        values["keys"] = keys
    names = ", ".join([*columns, "bucket"])
    rows = engine.query(
        f"SELECT {', '.join([*columns, f'{_bucket(question.window, edges)} AS bucket'])}, sum(value)"
        f" FROM {table.name} WHERE {where} GROUP BY {names}",
        **values,
    )
    found: _Sums = {}
    for *key, bucket, value in rows:
        given = dict(zip(columns, key, strict=True))
        names_of_row = (given.get("series"), given.get("product"), given.get("application"))
        found.setdefault(names_of_row, [0] * (len(edges) - 1))[bucket] += value
    return found


def _greatest(
    engine: Engine,
    table: Table,
    question: Question,
    columns: Sequence[str],
    where: str,
    values: dict[str, Value],
) -> list[tuple[str, ...]]:
    """The names of the `top` greatest totals in the window."""
    names = ", ".join(columns)
    rows = engine.query(
        f"SELECT {names}, sum(value) AS total FROM {table.name} WHERE {where}"
        f" GROUP BY {names} HAVING total != 0 ORDER BY total DESC, {names} LIMIT {{top}}",
        top=question.top or 0,
        since=question.window.since_s,
        **values,
    )
    return [tuple(row[:-1]) for row in rows]


def _where(question: Question, edges: tuple[int, ...]) -> tuple[str, dict[str, Value]]:
    values: dict[str, Value] = {"series": question.series, "begin": edges[0], "end": edges[-1]}
    conditions = ["series IN {series}", "t >= {begin}"]
    if question.window.granularity is not Granularity.ETERNITY:
        conditions.append("t < {end}")
    if question.product is not None:
        conditions.append("product = {product}")
        values["product"] = question.product
    if question.application is not None:
        conditions.append("application = {application}")
        values["application"] = question.application
    else:
        conditions.append(
            "application != ''" if "application" in question.split else "application = ''"
        )
    return " AND ".join(conditions), values


def _bucket(window: Window, edges: tuple[int, ...]) -> str:
    """The index of the bucket that holds `t`, as SQL.

    Buckets of one length in a row are one division: even 10,000 of them are a few comparisons.
    """
    if window.granularity is Granularity.ETERNITY:
        return "toInt64(0)"
    runs: list[tuple[int, int, int, int]] = []
    for index, (begin, end) in enumerate(pairwise(edges)):
        if runs and runs[-1][2] == end - begin:
            runs[-1] = (*runs[-1][:3], end)
        else:
            runs.append((index, begin, end - begin, end))
    terms = [f"{index} + intDiv(t - {begin}, {step})" for index, begin, step, _ in runs]
    if len(runs) == 1:
        return terms[0]
    branches = [f"t < {run[3]}, {term}" for run, term in zip(runs[:-1], terms[:-1], strict=True)]
    return f"multiIf({', '.join(branches)}, {terms[-1]})"


def _named(question: Question, found: _Sums, buckets: int) -> list[tuple[_Names, list[int]]]:
    """The lines in their order, with those that were asked for by name and have nothing."""
    if question.top is not None and question.split:
        shown = len(question.window)
        return sorted(found.items(), key=lambda item: (-sum(item[1][buckets - shown :]), item[0]))
    if question.split == ():
        found.setdefault((None, None, None), [0] * buckets)
    if question.split == ("series",):
        for series in question.series:
            found.setdefault((series, None, None), [0] * buckets)
    place = {series: index for index, series in enumerate(question.series)}
    return sorted(found.items(), key=lambda item: (place.get(item[0][0] or "", 0), item[0]))
