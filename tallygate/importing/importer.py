"""An access log's way into the ledger: parse, match, name, send."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tallygate.domain.mapping_rules import RuleSet
from tallygate.importing.access_log import Hit, Parser, Unreadable
from tallygate.importing.identity import Identities
from tallygate.importing.report import Report
from tallygate.importing.sink import Sink, Usage
from tallygate.importing.source import LINE_AT_MOST_BYTES, Line

BATCH = 2_000

CODES = range(100, 600)
"""Statuses that are counted as response codes; with another one the hit alone counts."""


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


def run(plan: Plan, lines: Iterable[Line], sink: Sink, report: Report) -> None:
    """Imports the lines; `report` is kept up to date on the way, also when an error ends it.

    Raises:
        DamagedSource: The source broke off; the lines before it are counted.
        SinkFailed: A batch could not be counted.
    """
    batch: list[Usage] = []
    try:
        for usage in usages(plan, lines, Identities(plan.service_id), report):
            batch.append(usage)
            if len(batch) == BATCH:
                full, batch = batch, []
                report.add(sink.send(full))
    finally:  # also when the source broke off: what came before is kept
        if batch:
            report.add(sink.send(batch))


def usages(
    plan: Plan, lines: Iterable[Line], identities: Identities, report: Report
) -> Iterator[Usage]:
    """What the lines count, in order; the others are noted in the report.

    Args:
        identities: Those of the file, as far as it was read.
    """
    for line in lines:
        report.lines += 1
        try:
            hit = _parse(plan, line)
        except Unreadable as error:
            report.add_unreadable(line, str(error))
            continue
        usage = plan.rules.match(hit.method, hit.target).usage()
        if not usage:
            report.unmatched += 1
            continue
        application = _application(plan, hit, report)
        if application:
            name = identities.next(application, line.text)
            code = hit.code if hit.code in CODES else 0
            yield Usage(application, hit.time_ms, usage, name, code)


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
        report.add_unknown(value)
    return found
