"""What became of an import's lines, and how it is told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tallygate.importing.sink import Outcome
from tallygate.importing.source import Line

SHOWN = 5
"""How many bad lines, unknown values and reasons are shown."""

TEXT_SHOWN = 100
"""Characters of a bad line that are shown."""

VALUES_AT_MOST = 1_000
"""How many different values of unknown applications are told apart."""

ID_CONFLICT = "id_conflict"


class BadLine(NamedTuple):
    """A line that could not be parsed."""

    number: int
    why: str
    text: str


@dataclass
class Report:
    """What became of the lines. At the end `lines` is the sum of the seven numbers after it.

    Attributes:
        counted: Counted now.
        duplicates: Counted by an earlier import.
        conflicts: Counted by an earlier import, under other mapping rules; left as they were.
        unmatched: No mapping rule matched, or no request was made.
        unknown: Matched, but of no application of the product.
        unreadable: Could not be parsed.
        refused: The ledger would not take them.
        unknown_values: What the application's field said in the unknown ones; '' = nothing.
    """

    lines: int = 0
    counted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    unmatched: int = 0
    unknown: int = 0
    unreadable: int = 0
    refused: int = 0
    unknown_values: Counter[str] = field(default_factory=Counter)
    bad_lines: list[BadLine] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def matched(self) -> int:
        """Lines that a mapping rule matched."""
        return self.lines - self.unmatched - self.unreadable

    def add_unreadable(self, line: Line, why: str) -> None:
        """Brings in a line that could not be parsed."""
        self.unreadable += 1
        if len(self.bad_lines) < SHOWN:
            self.bad_lines.append(BadLine(line.number, why, line.text))

    def add_unknown(self, value: str) -> None:
        """Brings in a line whose application the product does not have."""
        self.unknown += 1
        if value in self.unknown_values or len(self.unknown_values) < VALUES_AT_MOST:
            self.unknown_values[value] += 1

    def add(self, outcome: Outcome) -> None:
        """Brings in what became of a batch."""
        conflicts = sum(refusal.code == ID_CONFLICT for refusal in outcome.errors)
        self.counted += outcome.accepted
        self.duplicates += outcome.duplicate
        self.conflicts += conflicts
        self.refused += len(outcome.errors) - conflicts
        said = (error.message for error in outcome.errors if error.code != ID_CONFLICT)
        for message in said:
            if message not in self.refusals and len(self.refusals) < SHOWN:
                self.refusals.append(message)


def told(report: Report) -> Iterator[str]:
    """The report as lines for a person. What comes from the log is shown escaped."""
    counts = [
        (report.lines, "lines read"),
        (report.matched, "matched a mapping rule"),
        (report.counted, "counted now"),
        (report.duplicates, "counted before"),
        (report.conflicts, "counted before under other mapping rules, left as they were"),
        (report.unknown, "of an application that the product does not have"),
        (report.refused, "refused by the ledger"),
        (report.unmatched, "matched no mapping rule"),
        (report.unreadable, "could not be parsed"),
    ]
    always = 4
    for place, (count, what) in enumerate(counts):
        if count or place < always or what in ("matched no mapping rule", "could not be parsed"):
            yield f"{count:>12,}  {what}"
    for number, why, text in report.bad_lines:
        yield f"line {number}: {why}: {_shown(text)}"
    for value, count in report.unknown_values.most_common(SHOWN):
        yield f"no application {_shown(value) if value else 'named'}: {count:,} lines"
    yield from (f"refused: {message}" for message in report.refusals)


def _shown(text: str) -> str:
    cut = text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "…"
    return ascii(cut) if not cut.isprintable() else repr(cut)
