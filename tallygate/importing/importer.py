"""An access log's way into the ledger: parse, match, name, send; and the count of what became of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tallygate.domain.mapping_rules import RuleSet
from tallygate.importing.access_log import Hit, Parser, Unreadable
from tallygate.importing.identity import Identities
from tallygate.importing.sink import Outcome, Sink, Usage
from tallygate.importing.source import LINE_AT_MOST_BYTES, Line

BATCH = 2_000
SHOWN = 5
"""How many bad lines and refusals are kept to be shown."""

UNKNOWN_AT_MOST = 1_000
"""How many different values of unknown applications are told apart."""

ID_CONFLICT = "id_conflict"


class Plan(NamedTuple):
    """What is asked for.

    Attributes:
        service_id: The product's protocol id.
        rules: The product's mapping rules; their metrics are system names.
        parse: The format of the lines.
        applications: The value of `application_by` -> the application's protocol id.
        application_by: The field that names the application; '' = `application` is it.
        application: The one application of all lines.
    """

    service_id: str
    rules: RuleSet
    parse: Parser
    application: str = ""
    application_by: str = ""
    applications: Mapping[str, str] = {}


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


def run(plan: Plan, lines: Iterable[Line], sink: Sink, report: Report) -> None:
    """Imports the lines; `report` is kept up to date on the way, also when an error ends it.

    Raises:
        DamagedSource: The source broke off; the lines before it are counted.
        SinkFailed: A batch could not be counted.
    """
    batch: list[Usage] = []
    try:
        for usage in _usages(plan, lines, report):
            batch.append(usage)
            if len(batch) == BATCH:
                full, batch = batch, []
                report.add(sink.send(full))
    finally:  # also when the source broke off: what came before is kept
        if batch:
            report.add(sink.send(batch))


def _usages(plan: Plan, lines: Iterable[Line], report: Report) -> Iterator[Usage]:
    """What the lines count, in order; the others are noted in the report."""
    identities = Identities(plan.service_id)
    for line in lines:
        report.lines += 1
        try:
            hit = _parse(plan, line)
        except Unreadable as error:
            report.unreadable += 1
            if len(report.bad_lines) < SHOWN:
                report.bad_lines.append(BadLine(line.number, str(error), line.text))
            continue
        usage = plan.rules.match(hit.method, hit.target).usage()
        if not usage:
            report.unmatched += 1
            continue
        application = _application(plan, hit, report)
        if application:
            name = identities.next(application, line.text)
            yield Usage(application, hit.time_ms, usage, name, hit.code)


def _parse(plan: Plan, line: Line) -> Hit:
    if not line.whole:
        raise Unreadable(f"longer than {LINE_AT_MOST_BYTES} bytes")
    return plan.parse(line.text)


def _application(plan: Plan, hit: Hit, report: Report) -> str:
    """The application's protocol id; '' if the product has no such application, which is noted."""
    if not plan.application_by:
        return plan.application
    value = hit.field(plan.application_by) or ""
    found = plan.applications.get(value, "")
    if not found:
        report.unknown += 1
        if value in report.unknown_values or len(report.unknown_values) < UNKNOWN_AT_MOST:
            report.unknown_values[value] += 1
    return found
