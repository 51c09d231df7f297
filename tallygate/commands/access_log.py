"""Importing an access log on a home: from what a person asks for to the ledger."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from tallygate.commands import catalog, running
from tallygate.domain.errors import InputError
from tallygate.importing import importer
from tallygate.importing.access_log import FORMATS
from tallygate.importing.follow import Followed
from tallygate.importing.identity import Identities
from tallygate.importing.importer import Plan
from tallygate.importing.report import Report
from tallygate.importing.sink import ListenerSink, Sink, SinkFailed, Usage
from tallygate.importing.source import Line, Source
from tallygate.settings import Settings, load_secrets

REFRESH_S = 30.0
AGAIN_S = 2.0

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
        catalog.open_catalog(settings)
        plan = _plan(wanted)
        with _sink(settings, plan.service_id) as sink:
            importer.run(plan, _with_progress(source), sink, report)


def _plan(wanted: Wanted) -> Plan:
    product = wanted.product
    plan = Plan(str(product), catalog.rules_of(product), FORMATS[wanted.log_format])
    if wanted.application_by:
        return plan._replace(
            application_by=wanted.application_by, applications=catalog.applications_of(product)
        )
    return plan._replace(application=catalog.application_of(product, wanted.application))


def follow(settings: Settings, wanted: Wanted, report: Report, stop: threading.Event) -> None:
    """Counts what the log has and what it gets, until `stop` is set; `report` as of `run`.

    Lines wait in the log while no listener runs. Mapping rules and applications are looked up anew every REFRESH_S.

    Raises:
        InputError: What is wanted makes no sense.
    """
    catalog.open_catalog(settings)
    plan, planned_s = _plan(wanted), time.monotonic()
    identities = Identities(plan.service_id)
    for chunk in Followed(wanted.file, stop).chunks():
        if chunk.begins:
            identities = Identities(plan.service_id)
        if time.monotonic() - planned_s > REFRESH_S:
            planned_s = time.monotonic()
            with contextlib.suppress(
                InputError
            ):  # whoever removes all rules may be about to add others
                plan = _plan(wanted)
        batch = list(importer.usages(plan, chunk.lines, identities, report))
        if batch:
            _deliver(settings, plan.service_id, batch, report, stop)


def _deliver(
    settings: Settings,
    service_id: str,
    batch: Sequence[Usage],
    report: Report,
    stop: threading.Event,
) -> None:
    """Sends a batch until it is taken, or `stop` is set: then the next start sends it."""
    told = False
    while True:
        url = running.url_of(settings, "listener")
        try:
            if url is not None:
                token = load_secrets(settings.home).internal_token
                report.add(ListenerSink(url, token, service_id).send(batch))
                return
        except SinkFailed:
            pass
        if not told:
            print("no listener takes the lines: they wait in the log", file=sys.stderr)
            told = True
        if stop.wait(AGAIN_S):
            return


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
