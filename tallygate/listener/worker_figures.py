"""What the other listener processes of one supervisor tell of themselves, for the one that is asked at /metrics.

They share an address, and whoever scrapes it cannot choose among them. So each writes its figures into the home's `run` folder
every second, and the one that is asked adds those of the others.

    what fails                       behaviour
    a process was killed             its last figures are told until its successor writes, FRESH_S at most
    a file cannot be written         a line in the log; the others tell the last that were
    a file is missing or not whole   that process is left out of the answer
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from prometheus_client.core import Metric

log = structlog.get_logger()

EVERY_S: Final = 1.0
FRESH_S: Final = 60.0
"""Older figures are of a process that is no more."""

LABEL: Final = "worker"


class WorkerFigures:
    """Of one process, and of those beside it."""

    def __init__(self, folder: Path, name: str, families: Callable[[], Iterable[Metric]]) -> None:
        """
        Args:
            folder: The home's `run` folder.
            name: Of this process; no other that runs has it.
            families: What it tells of itself.
        """
        self._folder = folder
        self._file = folder / f"{name}.metrics"
        self._name = name
        self._families = families
        self._task: asyncio.Task[None] | None = None
        self._failed = False

    def start(self) -> None:
        """Writes from now on, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        """Writes no more; nothing of this process is told unless a successor has written since."""
        if self._task is not None:
            self._task.cancel()
        if _told(self._file).get("pid") == os.getpid():
            self._file.unlink(missing_ok=True)

    def of_all(self) -> Iterator[Metric]:
        """The families of all processes; each sample says of which one it is."""
        merged: dict[str, Metric] = {}
        _add(merged, self._name, self._families())
        for file in sorted(self._folder.glob("*.metrics")):
            if file != self._file:
                _add(merged, file.stem, _read(file))
        yield from merged.values()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self._write()
                self._failed = False
            except OSError as error:
                if not self._failed:
                    log.warning("figures of this process are not told", reason=str(error))
                self._failed = True

    async def _write(self) -> None:
        """In parts, so that no call waits for all of it."""
        families: list[Any] = []
        for each in self._families():
            samples = [[sample.name, sample.labels, sample.value] for sample in each.samples]
            families.append([each.name, each.documentation, each.type, samples])
            await asyncio.sleep(0)
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps({"pid": os.getpid(), "families": families}))
        written.replace(self._file)


def _add(merged: dict[str, Metric], worker: str, families: Iterable[Metric]) -> None:
    for family in families:
        whole = merged.setdefault(
            family.name, Metric(family.name, family.documentation, family.type)
        )
        for sample in family.samples:
            whole.add_sample(sample.name, {**sample.labels, LABEL: worker}, sample.value)


def _read(file: Path) -> Iterator[Metric]:
    """What a process has told."""
    for name, documentation, kind, samples in _told(file).get("families", ()):
        family = Metric(name, documentation, kind)
        for sample in samples:
            family.add_sample(*sample)
        yield family


def _told(file: Path) -> dict[str, Any]:
    """Empty if it is not there, not whole, or too old."""
    try:
        if time.time() - file.stat().st_mtime > FRESH_S:
            return {}
        told = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
