"""Deleting all that was counted of a service."""

import asyncio
import json
import sqlite3
from typing import NamedTuple
from urllib.parse import quote

from tallygate.commands import running
from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import HistoryUnavailable, InputError, TallygateError
from tallygate.settings import Settings

ANSWER_WITHIN_S = 3_600.0
"""Deleting rewrites the files in which the service's rows stand, which may be all."""


class NotForgotten(TallygateError):
    """The ledger could not be told; nothing was deleted."""


class Removed(NamedTuple):
    """A table's rows of the service: one for each raw entry, or one for each total."""

    name: str
    before: int
    left: int


def delete(settings: Settings, service: str) -> list[Removed]:
    """Returns when nothing is left of what was counted before the call.

    Asks what runs, and opens in this process what does not.

    Raises:
        InputError: The home holds no Tallygate.
        NotForgotten: Nothing was deleted.
        Busy: A listener has just started.
        HistoryUnavailable: The history cannot be read now; it deletes as soon as it can.
        ProcessSilent: A process runs and does not answer.
    """
    if not settings.home.is_dir():
        raise InputError(f"there is no Tallygate in {settings.home}")
    before = _rows(settings, service)
    _forget(settings, service)
    left = _rows(settings, service)
    return [Removed(name, before[name], left[name]) for name in before]


def _rows(settings: Settings, service: str) -> dict[str, int]:
    url = running.url_of(settings, "console")
    if url is None:
        from tallygate.history import History

        with History.open(settings, SystemClock()) as history:
            return history.rows(service)
    given = {"product": service}
    status, body = running.post(settings, url, "/internal/rows", ANSWER_WITHIN_S, given)
    if status != 200:
        raise HistoryUnavailable(f"the console answered {status}: {body.decode(errors='replace')}")
    return dict(json.loads(body)["rows"])


def _forget(settings: Settings, service: str) -> None:
    url = running.url_of(settings, "listener")
    if url is None:
        _forget_here(settings, service)
        return
    path = f"/internal/services/{quote(service, safe='')}/forget"
    status, body = running.post(settings, url, path, ANSWER_WITHIN_S)
    if status != 200:
        raise NotForgotten(f"the listener answered {status}: {body.decode(errors='replace')}")


def _forget_here(settings: Settings, service: str) -> None:
    from tallygate.listener.parts import opened

    async def forget() -> None:
        async with opened(settings, SystemClock()) as parts:
            await parts.ledger.forget(service)

    try:
        asyncio.run(forget())
    except (OSError, sqlite3.Error) as error:
        raise NotForgotten(f"the ledger cannot be written now: {error}") from None
