"""Forgetting a consumer everywhere, and proof that nothing is left.

step                                                  after a crash in it
1 note who is to be forgotten, in `forgetting.json`   nothing has happened, or the next call goes on
2 delete the catalog's records                        the next call goes on: it has the note
3 forget in the registry, and on Redis
4 forget in the ledger and the integration errors
5 look everywhere; if anything is left, from step 2   calls that were under way
6 empty what the catalog's file still holds
7 remove the note                                     the next call finds nothing to do
"""

import asyncio
import contextlib
import fcntl
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tallygate.commands import catalog, running
from tallygate.commands.stats import ANSWER_WITHIN_S
from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import HistoryUnavailable, InputError, TallygateError
from tallygate.integration_errors.masking import masked
from tallygate.ledger.embedded.durable_file import write_durably
from tallygate.listener.forgetting import Forgetting, Who
from tallygate.settings import Settings

TRIES = 5
AGAIN_AFTER_S = 1.0


class NotForgotten(TallygateError):
    """Not all was forgotten; calling again goes on."""


class Wanted(NamedTuple):
    """What a person asks for.

    Attributes:
        account: An account's number; None: not an account.
        application: An application's number, or, with `product`, its id in the protocol.
        product: The product's id in the protocol; '' = none was given.
    """

    account: int | None = None
    application: str = ""
    product: str = ""


class Plan(msgspec.Struct, frozen=True):
    """Who is to be forgotten, by numbers and ids.

    Attributes:
        title: For a person: what they are.
        records: Of the catalog, by kind of record.
    """

    title: str
    records: dict[str, list[int]]
    who: list[Who]


class Place(NamedTuple):
    """Where it was looked, and how much named them there."""

    name: str
    before: int
    left: int


def is_unfinished(settings: Settings) -> bool:
    """Whether somebody is forgotten in part only."""
    return _note(settings).exists()


def plan(settings: Settings, wanted: Wanted) -> Plan:
    """Who is meant, with those whom an earlier call has not forgotten wholly. Changes nothing.

    Raises:
        InputError: The home holds no Tallygate, or nothing is known of whom is wanted.
    """
    catalog.open_catalog(settings)
    begun = _begun(settings)
    try:
        found = catalog.to_forget(wanted.account, wanted.application, wanted.product)
    except InputError:
        if begun is None:
            raise
        return begun
    who = [Who(each.service, each.application, _masked(each.user_keys)) for each in found.consumers]
    if begun is None:
        return Plan(found.title, found.records, who)
    kinds = {**begun.records, **found.records}
    records = {
        kind: sorted({*begun.records.get(kind, ()), *found.records.get(kind, ())}) for kind in kinds
    }
    title = begun.title if begun.title == found.title else f"{begun.title}, and {found.title}"
    return Plan(title, records, list(dict.fromkeys([*begun.who, *who])))


def run(settings: Settings, planned: Plan) -> list[Place]:
    """Forgets them, and tells what was found everywhere before and after. What is left is told, and gone on with by the next call.

    Raises:
        NotForgotten, ProcessSilent, HistoryUnavailable, Busy, OSError: Call again.
    """
    with _alone(settings):
        before = look(settings, planned)
        write_durably(_note(settings), msgspec.json.encode(planned))
        for _ in range(TRIES):
            began_ms = time.time_ns() // 1_000_000
            _erase(settings, planned)
            left = look(settings, planned, began_ms)
            if not any(left.values()):
                catalog.scrub()
                _note(settings).unlink()
                break
            time.sleep(AGAIN_AFTER_S)
        return [Place(name, before[name], left[name]) for name in before]


def look(settings: Settings, planned: Plan, before_ms: int = 0) -> dict[str, int]:
    """By place, how much there names them; of integration errors those that came before a moment, 0 = whenever they came."""
    found: Counter[str] = Counter(catalog.traces(planned.records))
    found.update(dict.fromkeys(("registry", *_SHARED[: bool(settings.ledger_url)]), 0))
    for name, stores in _registries(settings):
        for who in planned.who:
            found[name] += stores.run(
                lambda store, of=who: store.tables.traces(of.service, of.application),
                writing=False,
            )
    # The history before the ledger: what it has leaves the log.
    for tables in _rows(settings, planned.who):
        found.update(tables)
    who = [msgspec.structs.replace(each, before_ms=before_ms) for each in planned.who]
    for traces in _of_listener(settings, "traces", who):
        found.update({_PLACES[name]: count for name, count in traces.items()})
    return dict(found)


_SHARED = ("registry on Redis",)
_PLACES = {
    "counters": "ledger: counters",
    "ids": "ledger: ids",
    "events": "ledger: events",
    "log": "ledger: log",
    "errors": "integration errors",
}
"""What the listener's answer calls a place, and a person."""


def _erase(settings: Settings, planned: Plan) -> None:
    catalog.erase(planned.records)
    if settings.ledger_url:
        catalog.publish(settings)
    for _, stores in _registries(settings):
        for who in planned.who:
            stores.run(
                lambda store, of=who: store.writer.forget_application(of.service, of.application),
                writing=True,
            )
    _of_listener(settings, "forget", planned.who)


def _registries(settings: Settings) -> Iterator[tuple[str, Any]]:
    """The catalog's own tables, and what listeners share."""
    from tallygate.registry.opening import shared_stores
    from tallygate.registry.sqlite_store import SqliteStores

    with contextlib.closing(SqliteStores(settings.database)) as own:
        yield "registry", own
    if settings.ledger_url:
        with contextlib.closing(shared_stores(settings)) as shared:
            yield _SHARED[0], shared


def _rows(settings: Settings, who: list[Who]) -> Iterator[Mapping[str, int]]:
    url = running.url_of(settings, "console")
    if url is None:
        from tallygate.history import History

        with History.open(settings, SystemClock()) as history:
            for each in who:
                yield history.rows(each.service, each.application)
        return
    for each in who:
        given = {"product": each.service, "application": each.application}
        status, body = running.post(settings, url, "/internal/rows", ANSWER_WITHIN_S, given)
        if status != 200:
            told = body.decode(errors="replace")
            raise HistoryUnavailable(f"the console answered {status}: {told}")
        yield json.loads(body)["rows"]


def _of_listener(settings: Settings, command: str, who: list[Who]) -> list[dict[str, int]]:
    """What the running listener answers for each, or this process in its place."""
    url = running.url_of(settings, "listener")
    if url is None:
        return _here(settings, lambda of, each: getattr(of, command)(each), who)
    answers = []
    for each in who:
        path, given = f"/internal/applications/{command}", msgspec.to_builtins(each)
        status, body = running.post(settings, url, path, ANSWER_WITHIN_S, given)
        if status != 200:
            told = body.decode(errors="replace")
            raise NotForgotten(f"the listener answered {status}: {told}")
        answers.append(json.loads(body))
    return answers


def _here(
    settings: Settings, work: Callable[[Forgetting, Who], Any], who: list[Who]
) -> list[dict[str, int]]:
    from tallygate.integration_errors.recorder import ErrorRecorder
    from tallygate.listener.parts import opened

    async def all_of_them() -> list[dict[str, int]]:
        clock = SystemClock()
        async with opened(settings, clock) as parts:
            errors = ErrorRecorder(parts.errors, clock)
            try:
                forgetting = Forgetting(parts.ledger, errors)
                return [await work(forgetting, each) for each in who]
            finally:
                errors.close()

    try:
        return asyncio.run(all_of_them())
    except (OSError, sqlite3.Error) as error:
        raise NotForgotten(f"the ledger cannot be used now: {error}") from None


def _masked(user_keys: Iterable[str]) -> tuple[str, ...]:
    """As integration errors show them; tails of former ones are so already."""
    return tuple(key if key.startswith("…") else masked(key) for key in user_keys)


def _note(settings: Settings) -> Path:
    return settings.home / "forgetting.json"


def _begun(settings: Settings) -> Plan | None:
    try:
        return msgspec.json.decode(_note(settings).read_bytes(), type=Plan)
    except FileNotFoundError:
        return None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One process at a time; the lock goes with the process, however it ends."""
    with (settings.home / "forgetting.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("another `tallygate forget` is at work on this home") from None
        yield
