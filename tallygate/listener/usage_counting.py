"""POST /usage: from items to entries of the ledger, and what became of each."""

import math
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from tallygate.domain.clock import Clock
from tallygate.domain.errors import BadRequest, NotValidData, ProtocolError
from tallygate.ledger.contract import Ledger, Stale
from tallygate.ledger.entry import Entry
from tallygate.ledger.usage import Usage
from tallygate.listener import credentials
from tallygate.listener.answers import unavailable
from tallygate.listener.idempotency import checked_id
from tallygate.listener.parameters import Parameters, parse, text_is_utf8
from tallygate.listener.reporting import check_window
from tallygate.listener.usage import effective_usage
from tallygate.listener.usage_items import UNREADABLE, Decode, Item, Raw, Time
from tallygate.listener.usage_results import DUPLICATE, Counted
from tallygate.listener.watching import watch
from tallygate.registry.contract import Missing, NotLoaded, Registry, looked_up
from tallygate.registry.records import Service
from tallygate.registry.views import ServiceView
from tallygate.settings import Settings

_END_OF_TIME_S: Final = 253_402_300_800  # the year 10000


class Sender:
    """Who sends usage, and so, of which products."""

    def __init__(self, registry: Registry, query: str, authorization: str) -> None:
        """Takes the credentials of a query string, or else the service token of an `Authorization: Bearer`.

        Raises:
            ProtocolError: There are none, or they are wrong for the product that the query names.
        """
        if not text_is_utf8(query):
            raise NotValidData()
        self._registry = registry
        self.given = parse(query)
        credentials.normalise(self.given)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and "provider_key" not in self.given:
            self.given.setdefault("service_token", token.strip())
        self.service_named = "service_id" in self.given
        if self.service_named or not self._has_credentials():
            self.service(None)

    def service(self, service_id: str | None) -> ServiceView:
        """The product of an item that names it, or the one that the request means.

        Raises:
            ProtocolError: The sender may not write to it.
        """
        given: Parameters = dict(self.given)
        if service_id is not None:
            given["service_id"] = service_id
        key = credentials.provider_key(self._registry, given)
        return credentials.service(self._registry, key, credentials.text(given, "service_id"))

    def _has_credentials(self) -> bool:
        token = credentials.text(self.given, "service_token") or ""
        return "provider_key" in self.given or bool(token.strip())


class _Read(NamedTuple):
    """A part as it was read.

    Attributes:
        entries: Of what is right.
        places: Where each of them stands in the part.
        counted: With what is wrong.
        watched: See `watching.watch`.
    """

    entries: list[Entry]
    places: list[int]
    counted: Counted
    watched: list[Any]


class UsageCounter:
    """Counts parts of what callers send."""

    def __init__(
        self, registry: Registry, ledger: Ledger, clock: Clock, settings: Settings
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._settings = settings

    async def count(self, sender: Sender, part: Sequence[Raw], decode: Decode) -> Counted:
        """Counts what is right in a part, in one step, and says what is not. Returns when that is durable, or known not to be."""
        try:
            while True:
                counted = await self._count(sender, part, decode)
                if counted is not None:
                    return counted
                await self._registry.is_current()
        except OSError as error:
            counted = Counted(len(part))
            counted.not_durable(unavailable(error))
            return counted

    async def _count(self, sender: Sender, part: Sequence[Raw], decode: Decode) -> Counted | None:
        """None: the registry has changed meanwhile, and nothing was counted. Raises OSError."""
        self._registry.refresh()
        read = await looked_up(self._registry, lambda: self._read(sender, part, decode))
        counted = read.counted
        if counted.mistakes and not await self._registry.is_current():
            return None
        recorded = self._ledger.record(read.entries, watched=read.watched)
        failure = None
        try:
            await recorded.batch
        except Stale:
            return None
        except OSError as error:
            failure = error
        for index in recorded.duplicates:
            counted.results[read.places[index]] = DUPLICATE
        for index, conflict in recorded.conflicts:
            counted.wrong(read.places[index], part[read.places[index]], conflict)
        if failure is not None:
            counted.not_durable(unavailable(failure))
        return counted

    def _read(self, sender: Sender, part: Sequence[Raw], decode: Decode) -> _Read:
        """Raises NotLoaded."""
        reader = _Reader(self._registry, sender, self._clock.now_ms(), self._settings)
        read = _Read([], [], Counted(len(part)), [])
        missing = Missing()
        for place, raw in enumerate(part):
            try:
                read.entries.append(reader.entry(decode(raw)))
                read.places.append(place)
            except NotLoaded as error:
                missing.add(error)
            except ProtocolError as error:
                read.counted.wrong(place, raw, error)
            except UNREADABLE as error:
                read.counted.wrong(place, raw, BadRequest(str(error)))
        missing.check()
        for view in reader.views:
            of_view = [entry for entry in read.entries if entry.service == view.service.id]
            read.watched.extend(watch(self._ledger, self._registry, view, of_view))
        return read


class _Reader:
    """Makes entries of the items of one part, most of which are about the same few applications and metrics."""

    def __init__(self, registry: Registry, sender: Sender, now_ms: int, settings: Settings) -> None:
        self._registry = registry
        self._sender = sender
        self._now_ms = now_ms
        self._settings = settings
        self._applications: dict[tuple[str | None, ...], tuple[ServiceView, str]] = {}
        self._usages: dict[tuple[object, ...], Usage] = {}

    @property
    def views(self) -> Collection[ServiceView]:
        """The services of the items so far."""
        return {view.service.id: view for view, _ in self._applications.values()}.values()

    def entry(self, item: Item) -> Entry:
        """Raises ProtocolError: what is wrong with the item."""
        view, application_id = self._application(item.service_id, item.app_id, item.user_key)
        adds, sets = self._usage(view, item.usage)
        at_ms = (
            self._now_ms if item.timestamp is None else self._time_ms(view.service, item.timestamp)
        )
        entry_id = "" if item.id is None else checked_id(item.id, "the id of an item")
        code = item.response_code or 0
        return Entry(view.service.id, application_id, at_ms, adds, code, sets, entry_id)

    def _application(self, *who: str | None) -> tuple[ServiceView, str]:
        found = self._applications.get(who)
        if found is None:
            service_id, app_id, user_key = who
            view = self._sender.service(service_id)
            application = credentials.reported_application(
                self._registry, view, app_id, user_key
            ).application
            found = self._applications[who] = (view, application.id)
        return found

    def _usage(self, view: ServiceView, given: dict[str, int]) -> Usage:
        key = (view.service.id, *given.items())
        found = self._usages.get(key)
        if found is None:
            if not given:
                raise BadRequest("the usage names no metric")
            values = {name: str(number) for name, number in given.items()}
            found = self._usages[key] = effective_usage(values, view, flat=False)
        return found

    def _time_ms(self, service: Service, given: datetime | int | float) -> int:
        at_s = _seconds(given)
        check_window(math.floor(at_s), self._now_ms, service, self._settings)
        return math.floor(at_s * 1000)


def _seconds(given: Time) -> float:
    """UTC seconds."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise BadRequest("a timestamp needs its zone: 2024-02-29T12:00:00Z")
        return given.timestamp()
    assert given is not None
    return max(-_END_OF_TIME_S, min(given, _END_OF_TIME_S))
