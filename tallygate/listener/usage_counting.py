"""POST /usage: from items to entries of the ledger, and what became of each."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tallygate.domain.clock import Clock
from tallygate.domain.errors import BadRequest, NotValidData, ProtocolError
from tallygate.ledger.call import Usage
from tallygate.ledger.embedded import Ledger
from tallygate.ledger.entry import Entry
from tallygate.listener import credentials
from tallygate.listener.idempotency import checked_id
from tallygate.listener.parameters import Parameters, parse, text_is_utf8
from tallygate.listener.reporting import check_window
from tallygate.listener.usage import effective_usage
from tallygate.listener.usage_items import UNREADABLE, Decode, Item, Raw, Time
from tallygate.listener.usage_results import DUPLICATE, Counted
from tallygate.registry.reader import Registry
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


class UsageCounter:
    """Counts parts of what callers send."""

    def __init__(
        self, registry: Registry, ledger: Ledger, clock: Clock, settings: Settings
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._settings = settings

    def count(self, sender: Sender, part: Sequence[Raw], decode: Decode) -> Counted:
        """Counts what is right in a part, in one step, and says what is not."""
        self._registry.refresh()
        reader = _Reader(self._registry, sender, self._clock.now_ms(), self._settings)
        counted = Counted(len(part))
        entries: list[Entry] = []
        places: list[int] = []
        for place, raw in enumerate(part):
            try:
                entries.append(reader.entry(decode(raw)))
                places.append(place)
            except ProtocolError as error:
                counted.wrong(place, raw, error)
            except UNREADABLE as error:
                counted.wrong(place, raw, BadRequest(str(error)))
        recorded = self._ledger.record(entries)
        for index in recorded.duplicates:
            counted.results[places[index]] = DUPLICATE
        for index, conflict in recorded.conflicts:
            counted.wrong(places[index], part[places[index]], conflict)
        counted.batch = recorded.batch
        return counted


class _Reader:
    """Makes entries of the items of one part, most of which are about the same few applications and metrics."""

    def __init__(self, registry: Registry, sender: Sender, now_ms: int, settings: Settings) -> None:
        self._registry = registry
        self._sender = sender
        self._now_ms = now_ms
        self._settings = settings
        self._applications: dict[tuple[str | None, ...], tuple[ServiceView, str]] = {}
        self._usages: dict[tuple[object, ...], Usage] = {}

    def entry(self, item: Item) -> Entry:
        """Raises ProtocolError: what is wrong with the item."""
        view, application_id = self._application(item.service_id, item.app_id, item.user_key)
        adds, sets = self._usage(view, item.usage)
        at_ms = self._now_ms if item.timestamp is None else self._time_ms(item.timestamp)
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

    def _time_ms(self, given: datetime | int | float) -> int:
        at_s = _seconds(given)
        check_window(math.floor(at_s), self._now_ms, self._settings)
        return math.floor(at_s * 1000)


def _seconds(given: Time) -> float:
    """UTC seconds."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise BadRequest("a timestamp needs its zone: 2024-02-29T12:00:00Z")
        return given.timestamp()
    assert given is not None
    return max(-_END_OF_TIME_S, min(given, _END_OF_TIME_S))
