"""What a test suite can tell the listener, and ask it: `POST /__test/NAME` with a JSON object."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from tallygate.domain.errors import InputError
from tallygate.domain.limits import PERIOD_BY_NAME, epoch_at
from tallygate.integration_errors.store import SqliteErrorStore
from tallygate.listener.app import Listener
from tallygate.registry.contract import Registry
from tallygate.registry.writer import RegistryWriter
from tallygate.settings import Settings
from tallygate.test_mode.clock import MAX_S, SettableClock
from tallygate.test_mode.ledger import RewindableLedger
from tallygate.test_mode.posting import PostedEvents, put_error
from tallygate.test_mode.stats import Asked, code_value, metric_value

Id = str | int
"""Ids are texts; a number is taken as its digits."""

Name = Annotated[str, msgspec.Meta(min_length=1)]

_FAMILY: Final = 100


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class SetClock(msgspec.Struct, forbid_unknown_fields=True):
    """`now`: [seconds, microseconds] since 1970, UTC; null = the machine's time again."""

    now: tuple[int, int] | None


class ForgetAlert(msgspec.Struct, forbid_unknown_fields=True):
    service: Id
    app: Id
    level: int


class StoreError(msgspec.Struct, forbid_unknown_fields=True):
    service: Id
    code: Name
    message: str


class Stat(msgspec.Struct, forbid_unknown_fields=True):
    """Either `metric` (an id, or a name of the service's) or `code` (a response code, or a class like 4XX).

    `app` may be left out: then it is the service as a whole. `at`: [seconds, microseconds], seconds, ISO 8601; null = now.
    """

    service: Id
    period: Literal["eternity", "year", "month", "week", "day", "hour", "minute"]
    app: Id | None = None
    metric: Id | None = None
    code: Id | None = None
    at: tuple[int, int] | int | float | str | None = None


PARAMETERS: Final[dict[str, type[msgspec.Struct]]] = {
    "reset": Nothing,
    "clock": SetClock,
    "run_jobs": Nothing,
    "flush_notifications": Nothing,
    "forget_cache": Nothing,
    "forget_alert": ForgetAlert,
    "store_error": StoreError,
    "stat": Stat,
}
"""Of the commands, by name."""

Command = Callable[[Any], Awaitable[dict[str, Any]]]


class ErrorsThatCanBeCleared(SqliteErrorStore):
    """The integration errors of the home."""

    def clear(self) -> None:
        """There were none. Raises sqlite3.Error."""
        self._connection().execute("DELETE FROM error")


class Controlled(NamedTuple):
    """What the commands work on."""

    settings: Settings
    clock: SettableClock
    ledger: RewindableLedger
    registry: Registry
    errors: ErrorsThatCanBeCleared
    listener: Listener
    events: PostedEvents


class Commands:
    """A method for each of PARAMETERS. Each answers with a JSON object.

    Raises:
        InputError: A parameter makes no sense.
        OSError, sqlite3.Error: The disk does not take it.
    """

    def __init__(self, controlled: Controlled) -> None:
        self._on = controlled
        self._database = sqlite3.connect(controlled.settings.database, isolation_level=None)
        self._database.execute("PRAGMA synchronous = OFF")

    async def run(self, name: str, data: bytes) -> dict[str, Any]:
        """Runs one of PARAMETERS on the JSON of its parameters. Raises also msgspec.DecodeError: they are wrong."""
        given: Any = msgspec.json.decode(data, type=PARAMETERS[name])
        command: Command = getattr(self, name)
        return await command(given)

    def close(self) -> None:
        self._database.close()

    async def reset(self, given: Nothing) -> dict[str, Any]:
        """All that the listener knows, and has counted and told, is gone. The clock stays as it is."""
        on = self._on
        await on.listener.errors.after_waiting(on.errors.clear)
        _clear_registry(self._database)
        await on.ledger.begin_anew()
        on.events.clear()
        return {"status": "ok"}

    async def clock(self, given: SetClock) -> dict[str, Any]:
        if given.now is None:
            self._on.clock.go_on()
        else:
            self._on.clock.set(*given.now)
        self._on.ledger.follow_clock()
        return {"now": given.now}

    async def run_jobs(self, given: Nothing) -> dict[str, Any]:
        """Returns when whatever happens by itself after a call has happened: errors are written, the events hook was told."""
        listener = self._on.listener
        await listener.errors.after_waiting(lambda: None)
        if listener.hook is not None:
            await listener.hook.look()
        return {"status": "ok"}

    async def flush_notifications(self, given: Nothing) -> dict[str, Any]:
        """Nothing waits: what is metered is counted with each call."""
        return {"status": "ok"}

    async def forget_cache(self, given: Nothing) -> dict[str, Any]:
        """Nothing kept is ever stale; calls are worked out anew all the same."""
        self._on.ledger.void()
        return {"status": "ok"}

    async def forget_alert(self, given: ForgetAlert) -> dict[str, Any]:
        had = await self._on.ledger.forget_alert(str(given.service), str(given.app), given.level)
        return {"deleted": int(had)}

    async def store_error(self, given: StoreError) -> dict[str, Any]:
        """Also of a service that does not exist."""
        recorder = self._on.listener.errors
        put_error(recorder, str(given.service), given.code, given.message)
        await recorder.after_waiting(lambda: None)
        return {"status": "ok"}

    async def stat(self, given: Stat) -> dict[str, Any]:
        """See `stats`."""
        at_s = self._on.clock.now_s() if given.at is None else _seconds(given.at)
        application = "" if given.app is None else str(given.app)
        period = PERIOD_BY_NAME[given.period]
        asked = Asked(str(given.service), application, period, epoch_at(at_s))
        entries = self._on.ledger.entries()
        if (given.metric is None) == (given.code is None):
            raise InputError("either a metric or a code is needed")
        if given.metric is not None:
            metric = self._metric_id(asked.service, str(given.metric))
            return {"value": metric_value(entries, asked, metric)}
        return {"value": code_value(entries, asked, _codes(str(given.code)))}

    def _metric_id(self, service: str, named: str) -> str:
        """The id that is meant; a metric that is gone by now is still known by it."""
        self._on.registry.refresh()
        view = self._on.registry.service(service)
        if view is None or named in view.names:
            return named
        return view.metric_ids.get(named, named)


def _clear_registry(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    RegistryWriter(connection).clear()
    connection.execute("COMMIT")


def _codes(text: str) -> range:
    family, rest = text[:1], text[1:].upper()
    if len(text) == 3 and text.isascii() and text.isdigit():
        return range(int(text), int(text) + 1)
    if family in set("12345") and rest == "XX":
        return range(int(family) * _FAMILY, (int(family) + 1) * _FAMILY)
    raise InputError("a code has three digits, or stands for a class: 404, 4XX")


def _seconds(at: tuple[int, int] | float | str) -> int:
    """UTC seconds. Raises InputError: there is no such time."""
    try:
        found = _iso(at) if isinstance(at, str) else at[0] if isinstance(at, tuple) else int(at)
    except (ValueError, OverflowError):
        found = -1
    if not 0 <= found < MAX_S:
        raise InputError(
            "at is [seconds, microseconds] or seconds since 1970, or a time in ISO 8601, before the year 9999"
        )
    return found


def _iso(text: str) -> int:
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
