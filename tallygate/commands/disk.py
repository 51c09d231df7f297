"""What a home takes on disk, and what it will take."""

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tallygate.commands import running
from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import HistoryUnavailable, InputError
from tallygate.history.disk import Use
from tallygate.settings import Settings

ANSWER_WITHIN_S = 60.0
HORIZONS_DAYS = (30, 365)


class Line(NamedTuple):
    """
    Attributes:
        kept_days: 0 = for ever; None: not for a time.
        later_bytes: After each of HORIZONS_DAYS.
    """

    name: str
    rows: int | None
    bytes: int
    bytes_a_day: int
    kept_days: int | None
    later_bytes: tuple[int, ...]


class Forecast(NamedTuple):
    """
    Attributes:
        free_bytes: What is free on the disk of the home now.
    """

    lines: list[Line]
    free_bytes: int

    @property
    def total(self) -> Line:
        later = tuple(
            sum(sizes) for sizes in zip(*(each.later_bytes for each in self.lines), strict=True)
        )
        size, a_day = (sum(each[at] for each in self.lines) for at in (2, 3))  # type: ignore[misc]
        return Line("all", None, size, a_day, None, later)


def forecast(settings: Settings) -> Forecast:
    """Of the tables of the history each, and of what else is in the home.

    Raises:
        InputError: The home holds no Tallygate.
        HistoryUnavailable: The history cannot be read now.
        ProcessSilent: The console runs and does not answer.
    """
    if not settings.home.is_dir():
        raise InputError(f"there is no Tallygate in {settings.home}")
    kept = dict(
        zip(_TABLES, (settings.raw_days, settings.minute_days, settings.quarter_days), strict=True)
    )
    uses = _uses(settings)
    lines = [
        Line(
            use.table,
            use.rows,
            use.bytes,
            use.bytes_a_day,
            kept[use.table],
            tuple(use.in_days(days, kept[use.table]) for days in HORIZONS_DAYS),
        )
        for use in uses
    ]
    lines += _others(settings, sum(use.bytes for use in uses))
    return Forecast(lines, shutil.disk_usage(settings.home).free)


_TABLES = ("history.raw", "history.usage_minute", "history.usage_quarter")


def _uses(settings: Settings) -> list[Use]:
    url = running.url_of(settings, "console")
    if url is None:
        from tallygate.history import History

        with History.open(settings, SystemClock()) as history:
            return history.disk()
    status, body = running.post(settings, url, "/internal/disk", ANSWER_WITHIN_S)
    if status != 200:
        raise HistoryUnavailable(f"the console answered {status}: {body.decode(errors='replace')}")
    return [Use(**each) for each in json.loads(body)["tables"]]


def _others(settings: Settings, of_tables: int) -> Iterator[Line]:
    """What does not grow with time: it is bounded, or grows with the number of records."""
    places: dict[str, Iterable[Path]] = {
        "ledger": (settings.ledger,),
        "catalog": settings.home.glob(f"{settings.database.name}*"),
        "integration errors": settings.home.glob(f"{settings.integration_errors.name}*"),
    }
    history = max(_size((settings.history,)) - of_tables, 0)
    for name, size in (
        ("history, replaced and notes", history),
        *((name, _size(paths)) for name, paths in places.items()),
    ):
        yield Line(name, None, size, 0, None, (size,) * len(HORIZONS_DAYS))


def _size(paths: Iterable[Path]) -> int:
    """Of files, and of all that is in folders; what goes meanwhile takes nothing."""
    total = 0
    for path in paths:
        for file in (path, *path.rglob("*")):
            try:
                total += file.stat().st_size if file.is_file() else 0
            except FileNotFoundError:
                continue
    return total


def told(forecast: Forecast) -> list[str]:
    """Lines of text for a person."""
    heads = ("", "rows", "now", "a day", "kept", *(f"in {days} days" for days in HORIZONS_DAYS))
    rows = [heads, *(_row(line) for line in (*forecast.lines, forecast.total))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    return [*lines, f"{human(forecast.free_bytes)} are free", *_warnings(forecast)]


def _warnings(forecast: Forecast) -> Iterator[str]:
    for days, later in zip(HORIZONS_DAYS, forecast.total.later_bytes, strict=True):
        if later - forecast.total.bytes > forecast.free_bytes:
            yield f"the disk will be full within {days} days: make room, or keep usage for a shorter time"
            return


def _row(line: Line) -> tuple[str, ...]:
    kept = {None: "", 0: "for ever"}.get(line.kept_days, f"{line.kept_days} days")
    rows = "" if line.rows is None else f"{line.rows:,}"
    a_day = human(line.bytes_a_day) if line.bytes_a_day or line.rows is not None else ""
    return (line.name, rows, human(line.bytes), a_day, kept, *map(human, line.later_bytes))


def human(size: int) -> str:
    """Bytes in a unit that a person can read, with powers of 1,000."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
