"""How calls were answered: all classes of response codes on top of each other, or the codes of one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from tallygate.api.v1.tables import Column as FileColumn
from tallygate.console.analytics import buckets, colours
from tallygate.console.analytics.asked import Asked
from tallygate.console.analytics.kind import Kind
from tallygate.console.analytics.plotted import bucketed
from tallygate.console.analytics.report import (
    Cell,
    Column,
    Curve,
    Reason,
    Report,
    Sheet,
    Table,
    Tile,
    change_tile,
    share,
    shown,
    total_tile,
)
from tallygate.console.change import change
from tallygate.console.curl import Api, Command
from tallygate.console.wording import count, percent
from tallygate.domain.errors import QuestionError
from tallygate.history import Ranking, code_class_series, code_series

CLASSES = {
    1: "Informational", 2: "Success", 3: "Redirection", 4: "Client errors", 5: "Server errors",
}  # fmt: skip
_COLUMNS = (
    Column("Code"), Column("Meaning", wide=True), Column("Calls", number=True), Column("Share", number=True),
    Column("Change", number=True), Column("Share as a bar", wide=True, hidden=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Used:
    """A response code that was given."""

    code: int
    total: int
    previous: int


def build(asked: Asked) -> Report:
    """The classes; with `class` the codes of one; with `metric` only calls that count on it."""
    hundreds = _class(asked)
    used = _used(asked)
    curves = _curves(asked, used, hundreds)
    title = f"{_code_name(hundreds)} by code" if hundreds else "Calls by class of response code"
    bucket = buckets.bucket_name(asked.frame.window)
    report = bucketed(asked, f"{title} per {bucket}", "calls", "stack", curves)
    report.dimension = ("response_code",)
    report.what = f"A response code of {_code_name(hundreds)}" if hundreds else "A response code"
    report.series = _series(asked, hundreds)
    mine = [each for each in used if hundreds in (0, each.code // 100)]
    report.tiles = list(_tiles(asked, mine, used))
    report.summary = ", ".join(f"{curve.name}: {shown(curve.total)}" for curve in curves) or "none."
    report.hidden_by = list(_hidden(asked, used, hundreds))
    if used:
        report.tables = [_table(asked, used, {curve.key: curve.colour for curve in curves})]
        report.sheets["codes"] = _sheet(used)
    return report


def calls(asked: Asked, api: Api) -> Sequence[Command]:
    """Of each class that is shown."""
    hundreds = _class(asked)
    given = {"metric_name": asked.measure.key} if _by_metric(asked) else {}
    return [
        api.analytics(
            f"Read the calls with {code}",
            f"{asked.subject.api}/usage_response_code",
            asked.frame.window,
            {"response_code": code} | given,
        )
        for code in ([_code_name(hundreds)] if hundreds else map(_code_name, (2, 3, 4, 5)))
    ]


CODES = Kind(
    "response-codes", "Response codes", build, calls, names=("metric", "class"), no_metric="All calls"
)  # fmt: skip


def _class(asked: Asked) -> int:
    """0 for all. Raises QuestionError for none."""
    text = asked.text("class")
    if text and text not in map(str, CLASSES):
        raise QuestionError(f"The class of response codes must be one of 1 to 5, not {text}.")
    return int(text or 0)


def _code_name(hundreds: int) -> str:
    return f"{hundreds}XX"


def _by_metric(asked: Asked) -> bool:
    """Codes of a backend are those of calls that count on one of its metrics."""
    return asked.has_measure or asked.subject.noun == "backend"


def _metric_id(asked: Asked) -> str | None:
    return str(asked.measure.metrics[0].pk) if _by_metric(asked) else None


def _series(asked: Asked, hundreds: int) -> tuple[str, ...]:
    metric = _metric_id(asked)
    classes = (hundreds,) if hundreds else CLASSES
    return tuple(series for each in classes for series in code_class_series(each, metric))


def _used(asked: Asked) -> list[Used]:
    """All codes that were given, in the window or in the one that is compared with."""
    frame = asked.frame
    question = asked.subject.question(
        _series(asked, 0), frame.window, split=("series",), compare=frame.compare
    )
    places = asked.rank(Ranking(question))
    found = (Used(_code_of(place.names[0]), place.total, place.previous_total) for place in places)
    return sorted(found, key=lambda used: used.code)


def _code_of(series: str) -> int:
    return int(series.split(":")[1])


def _curves(asked: Asked, used: Sequence[Used], hundreds: int) -> list[Curve]:
    shown = [each.code for each in used if each.total and hundreds in (0, each.code // 100)]
    metric = _metric_id(asked)
    series = {code_series(code, metric): code for code in shown}
    question = asked.subject.question(tuple(series), asked.frame.window, split=("series",))
    lines = {series[line.series or ""]: line.values for line in asked.ask(question).lines}
    if hundreds:
        return list(_of_codes(lines, used))
    by_class: dict[int, list[Sequence[int]]] = defaultdict(list)
    for code, values in lines.items():
        by_class[code // 100].append(values)
    return [
        Curve(_code_name(each), f"{_code_name(each)} {CLASSES[each]}", colours.of_class(each), _added(rows))
        for each, rows in sorted(by_class.items())
    ]  # fmt: skip


def _of_codes(lines: dict[int, Sequence[int]], used: Iterable[Used]) -> Iterator[Curve]:
    """The most frequent codes each, and the others as one."""
    totals = {each.code: each.total for each in used}
    ordered = sorted(lines, key=lambda code: -totals[code])
    own, rest = sorted(ordered[: len(colours.PALETTE)]), ordered[len(colours.PALETTE) :]
    told_apart = colours.told_apart(own)
    for code in own:
        yield Curve(str(code), f"{code} {meaning(code)}".strip(), told_apart[code], lines[code])
    if rest:
        yield Curve("other", "Other codes", colours.OTHER, _added([lines[code] for code in rest]))


def _added(rows: Sequence[Sequence[int]]) -> list[int]:
    return [sum(values) for values in zip(*rows, strict=True)]


def meaning(code: int) -> str:
    """What a code says in words; '' if it is none of HTTP's."""
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return ""


def _tiles(asked: Asked, mine: Sequence[Used], used: Sequence[Used]) -> Iterator[Tile]:
    total, previous = sum(each.total for each in mine), sum(each.previous for each in mine)
    everything = sum(each.total for each in used)
    yield total_tile(total, "calls with a code")
    against = change_tile(asked.frame, total, previous)
    if against:
        yield against
    for hundreds in (4, 5):
        failed = sum(each.total for each in used if each.code // 100 == hundreds)
        number = percent(share(failed, everything)[0]) if everything else shown(None)
        yield Tile(CLASSES[hundreds], number, f"{count(failed)} calls with {_code_name(hundreds)}")


def _hidden(asked: Asked, used: Sequence[Used], hundreds: int) -> Iterator[Reason]:
    others = sum(each.total for each in used)
    if hundreds and others:
        yield Reason(
            f"In this time frame {count(others)} calls were answered with codes of other classes.",
            asked.url(**{"class": ""}),
            "Show all classes",
        )
    if not used and asked.subject.noun == "product":
        hits = asked.ask(
            asked.subject.question(asked.subject.choice.hits.series, asked.frame.window)
        )
        if hits.total:
            yield Reason(
                f"In this time frame {count(hits.total)} hits were counted without a response code:"
                " gateways tell it only if they are set up to, as log[code] of their reports."
            )


def _table(asked: Asked, used: Sequence[Used], marks: Mapping[str, str]) -> Table:
    """
    Args:
        marks: The colours of codes that are drawn each.
    """
    total = sum(each.total for each in used)
    rows = []
    for hundreds, name in CLASSES.items():
        codes = [each for each in used if each.code // 100 == hundreds]
        if not codes:
            continue
        url = asked.url(**{"class": str(hundreds)})
        whole = Used(hundreds * 100, sum(each.total for each in codes), sum(each.previous for each in codes))  # fmt: skip
        head = Cell(_code_name(hundreds), url, colour=colours.of_class(hundreds))
        rows.append([head, Cell(name), *_numbers(whole, total)])
        rows += [
            [
                Cell(f"\N{EM SPACE}{each.code}", colour=marks.get(str(each.code), "")),
                Cell(meaning(each.code)),
                *_numbers(each, total),
            ]
            for each in codes
        ]
    return Table("Response codes", _COLUMNS, rows, part="codes")


def _numbers(used: Used, total: int) -> list[Cell]:
    portion, bar = share(used.total, total)
    return [
        Cell(count(used.total)),
        Cell(percent(portion)),
        Cell(change=change(used.total, used.previous), is_change=True),
        Cell(bar=bar),
    ]


def _sheet(used: Sequence[Used]) -> Sheet:
    columns = (
        FileColumn("response_code"), FileColumn("meaning"),
        FileColumn("total", "whole"), FileColumn("previous_total", "whole"),
    )  # fmt: skip
    return Sheet(
        "codes",
        columns,
        lambda: ((str(each.code), meaning(each.code), each.total, each.previous) for each in used),
    )
