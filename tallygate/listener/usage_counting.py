"""POST /usage: from items to entries of the ledger, and what became of each."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from tallygate.domain.clock import Clock
from tallygate.domain.errors import BadRequest, NotValidData, ProtocolError
from tallygate.ledger.call import Usage
from tallygate.ledger.commit import Batch
from tallygate.ledger.embedded import Ledger
from tallygate.ledger.entry import Entry
from tallygate.listener import credentials
from tallygate.listener.idempotency import checked_id
from tallygate.listener.parameters import Parameters, parse, text_is_utf8
from tallygate.listener.reporting import check_window
from tallygate.listener.usage import effective_usage
from tallygate.listener.usage_items import UNREADABLE, Decode, Item, Raw, Time
from tallygate.registry.reader import Registry
from tallygate.registry.views import ServiceView
from tallygate.settings import Settings

ACCEPTED: Final = "accepted"
DUPLICATE: Final = "duplicate"
Outcome: TypeAlias = str | ProtocolError
"""ACCEPTED, DUPLICATE, or why the item was not counted."""

_END_OF_TIME_S: Final = 253_402_300_800  # the year 10000


class Caller:
    """Who sends usage, and so, of which products."""

    def __init__(self, registry: Registry, query: str, authorization: str) -> None:
        """Takes the credentials of a query string, or else the service token of an `Authorization: Bearer`.

        Raises:
            ProtocolError: There are none, or they are wrong for the product that the query names.
        """
        if not text_is_utf8(query):
            raise NotValidData()
        self._registry = registry
        self._given = parse(query)
        credentials.normalise(self._given)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and "provider_key" not in self._given:
            self._given.setdefault("service_token", token.strip())
        self.service_named = "service_id" in self._given
        if self.service_named or not self._has_credentials():
            self.service(None)

    def service(self, service_id: str | None) -> ServiceView:
        """The product of an item that names it, or the one that the request means.

        Raises:
            ProtocolError: The caller may not write to it.
        """
        given: Parameters = dict(self._given)
        if service_id is not None:
            given["service_id"] = service_id
        key = credentials.provider_key(self._registry, given)
        return credentials.service(self._registry, key, credentials.text(given, "service_id"))

    def _has_credentials(self) -> bool:
        token = credentials.text(self._given, "service_token") or ""
        return "provider_key" in self._given or bool(token.strip())


class Counted:
    """What became of a part of the items; await `batch` before relying on it."""

    def __init__(self, outcomes: list[Outcome], batch: Batch) -> None:
        self.outcomes = outcomes
        self.batch = batch

    def failed(self, error: ProtocolError) -> None:
        """Nothing of this part could be made durable."""
        self.outcomes = [
            error if isinstance(outcome, str) else outcome for outcome in self.outcomes
        ]


class UsageCounter:
    """Counts parts of what callers send."""

    def __init__(
        self, registry: Registry, ledger: Ledger, clock: Clock, settings: Settings
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._settings = settings

    def count(self, caller: Caller, part: Sequence[Raw], decode: Decode) -> Counted:
        """Counts what is right in a part, in one step, and says what is not."""
        self._registry.refresh()
        reader = _Reader(self._registry, caller, self._clock.now_ms(), self._settings)
        outcomes: list[Outcome] = []
        entries: list[Entry] = []
        places: list[int] = []
        for place, raw in enumerate(part):
            try:
                entries.append(reader.entry(decode(raw)))
            except ProtocolError as error:
                outcomes.append(error)
            except UNREADABLE as error:
                outcomes.append(BadRequest(str(error)))
            else:
                places.append(place)
                outcomes.append(ACCEPTED)
        recorded = self._ledger.record(entries)
        for index in recorded.duplicates:
            outcomes[places[index]] = DUPLICATE
        for index, conflict in recorded.conflicts:
            outcomes[places[index]] = conflict
        return Counted(outcomes, recorded.batch)


class _Reader:
    """Makes entries of the items of one part, most of which are about the same few applications and metrics."""

    def __init__(self, registry: Registry, caller: Caller, now_ms: int, settings: Settings) -> None:
        self._registry = registry
        self._caller = caller
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
            view = self._caller.service(service_id)
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


def statuses(parts: Sequence[Counted]) -> Iterator[int]:
    """The HTTP status that each item would have alone."""
    for part in parts:
        for outcome in part.outcomes:
            yield 200 if isinstance(outcome, str) else outcome.status
