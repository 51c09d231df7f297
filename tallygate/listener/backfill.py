"""Bringing history in: hits of any age, each with an id that is remembered for ever.

For the commands of this installation, which know its internal token: NDJSON in, counted once and durable when answered.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

import msgspec

from tallygate.domain.errors import (
    ApplicationNotFound,
    ProtocolError,
    ServiceIdInvalid,
)
from tallygate.ledger.contract import Ledger, Recorded, Stale
from tallygate.ledger.entry import Entry
from tallygate.listener.usage import effective_usage
from tallygate.registry.contract import Missing, NotLoaded, Registry, looked_up
from tallygate.registry.views import ServiceView

_LINES_PER_TURN: Final = 200
"""How many lines are counted before other calls have their turn: some five milliseconds' worth."""

_MAX_TIME_MS: Final = 253_402_300_799_999  # the end of the year 9999


class Hit(msgspec.Struct, frozen=True):
    """One line.

    Attributes:
        application: The application's protocol id.
        time_ms: UTC milliseconds.
        usage: By metric name; rolled up to the ancestors here.
        id: The same id counts once, for ever; so whatever was not answered can be sent again.
        code: The HTTP response code, 0 if none.
    """

    application: str
    time_ms: int
    usage: dict[str, int]
    id: Annotated[str, msgspec.Meta(min_length=1)]
    code: int = 0


class Problem(msgspec.Struct, frozen=True):
    """A line that was not counted, by its index."""

    index: int
    code: str
    message: str


class Result(msgspec.Struct, frozen=True):
    """What became of the lines."""

    accepted: int
    duplicate: int
    errors: list[Problem]


_decode: Final = msgspec.json.Decoder(Hit).decode


class _Read(NamedTuple):
    """Lines as they were read: the entries of those that are right, their places, and what is wrong with the others."""

    entries: list[Entry]
    places: list[int]
    problems: list[Problem]


async def count(
    ledger: Ledger,
    registry: Registry,
    service_id: str,
    lines: Sequence[bytes],
    first_index: int = 0,
) -> Result:
    """Counts what is right, durably, and names what is not.

    Args:
        first_index: The place of the first of the lines, where more stand before it.

    Raises:
        ServiceIdInvalid: There is no such service.
        OSError: Nothing was counted.
    """
    while True:
        registry.refresh()
        read = await looked_up(registry, lambda: _read(registry, service_id, lines, first_index))
        if read.problems and not await registry.is_current():
            continue
        recorded = ledger.record(read.entries, keep_ids=True)
        try:
            await recorded.batch
        except Stale:
            await registry.is_current()
        else:
            return _result(read, recorded)


def _read(registry: Registry, service_id: str, lines: Sequence[bytes], first_index: int) -> _Read:
    view = registry.service(service_id)
    if view is None:
        raise ServiceIdInvalid(service_id)
    read, missing = _Read([], [], []), Missing()
    for index, line in enumerate(lines, first_index):
        try:
            read.entries.append(_entry(registry, view, line))
            read.places.append(index)
        except NotLoaded as error:
            missing.add(error)
        except ProtocolError as error:
            read.problems.append(Problem(index, error.code, error.message))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            read.problems.append(Problem(index, "bad_request", str(error)))
    missing.check()
    return read


def _result(read: _Read, recorded: Recorded) -> Result:
    conflicts = [
        Problem(read.places[index], error.code, error.message)
        for index, error in recorded.conflicts
    ]
    problems = sorted(read.problems + conflicts, key=lambda problem: problem.index)
    return Result(len(recorded.accepted), len(recorded.duplicates), problems)


def _entry(registry: Registry, view: ServiceView, line: bytes) -> Entry:
    hit = _decode(line)
    if not 0 <= hit.time_ms <= _MAX_TIME_MS:
        raise msgspec.ValidationError("time_ms lies outside of 1970 to 9999")
    if hit.code and not 100 <= hit.code <= 599:
        raise msgspec.ValidationError("code is no HTTP response code")
    if registry.application(view.service.id, hit.application) is None:
        raise ApplicationNotFound(hit.application)
    given = {name: str(number) for name, number in hit.usage.items()}
    usage = effective_usage(given, view, flat=False)
    return Entry(view.service.id, hit.application, hit.time_ms, usage.adds, hit.code, (), hit.id)


class Backfill:
    """Counts bodies of lines."""

    def __init__(self, registry: Registry, ledger: Ledger) -> None:
        self._registry = registry
        self._ledger = ledger

    async def count(self, service_id: str, data: bytes) -> Result:
        """In parts, each durable before the next: so a body of any length does not hold up the calls of others.

        Raises:
            ServiceIdInvalid: There is no such service.
            OSError: Not all was counted; it can be sent again.
        """
        lines = [line for line in data.split(b"\n") if line.strip()]
        accepted = duplicate = 0
        problems: list[Problem] = []
        for start in range(0, len(lines) or 1, _LINES_PER_TURN):
            part = lines[start : start + _LINES_PER_TURN]
            result = await count(self._ledger, self._registry, service_id, part, start)
            await asyncio.sleep(0)
            accepted += result.accepted
            duplicate += result.duplicate
            problems += result.errors
        return Result(accepted, duplicate, problems)
