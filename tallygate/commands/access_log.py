"""Importing an access log on a home: from what a person asks for to the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from tallygate.commands import catalog, running
from tallygate.importing import importer
from tallygate.importing.access_log import FORMATS
from tallygate.importing.importer import Plan
from tallygate.importing.report import Report
from tallygate.importing.sink import ListenerSink, Sink
from tallygate.importing.source import Line, Source
from tallygate.settings import Settings, load_secrets

LINES_A_STEP = 500
"""The progress bar moves after each this many lines."""


class Wanted(NamedTuple):
    """Attributes:
    file: A path, or '-' for standard input.
    log_format: A name in FORMATS.
    product: The product's number.
    application: The number or id of the application that made all calls; '' = not said.
    application_by: The field that tells the application; '' = not said.
    """

    file: str
    log_format: str
    product: int
    application: str = ""
    application_by: str = ""


def run(settings: Settings, wanted: Wanted, report: Report) -> None:
    """Imports the log; `report` holds what became of it, also when an error ends it.

    Raises:
        InputError: What is wanted makes no sense, or the file cannot be read, or not to its end.
        SinkFailed: Lines could not be counted. Importing again counts what is missing.
        Busy: Another process has just opened the ledger.
    """
    with Source(wanted.file) as source:
        plan = _plan(settings, wanted)
        with _sink(settings, plan.service_id) as sink:
            importer.run(plan, _with_progress(source), sink, report)


def _plan(settings: Settings, wanted: Wanted) -> Plan:
    catalog.open_catalog(settings)
    product = wanted.product
    plan = Plan(str(product), catalog.rules_of(product), FORMATS[wanted.log_format])
    if wanted.application_by:
        return plan._replace(
            application_by=wanted.application_by, applications=catalog.applications_of(product)
        )
    return plan._replace(application=catalog.application_of(product, wanted.application))


@contextmanager
def _sink(settings: Settings, service_id: str) -> Iterator[Sink]:
    """The running listener, else a ledger opened in this process."""
    url = running.url_of(settings, "listener")
    if url is not None:
        yield ListenerSink(url, load_secrets(settings.home).internal_token, service_id)
        return
    from tallygate.commands.local_ledger import LocalSink

    with LocalSink.open(settings, service_id) as sink:
        yield sink


def _with_progress(source: Source) -> Iterator[Line]:
    """The source's lines, with a bar of how far it is read, where somebody looks on."""
    console = Console(stderr=True)
    columns = (
        TextColumn("Importing"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=source.size_bytes, lines=0)
        number = 0
        for line in source:
            number = line.number
            if number % LINES_A_STEP == 0:
                _move(progress, task, source, number)
            yield line
        _move(progress, task, source, number)


def _move(progress: Progress, task: TaskID, source: Source, lines: int) -> None:
    if source.size_bytes is None:
        progress.update(task, lines=lines)
    else:
        progress.update(task, completed=source.position_bytes(), lines=lines)
