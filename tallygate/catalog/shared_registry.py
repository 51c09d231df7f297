"""Where listeners have their registry on Redis: what the catalog publishes in its own tables is copied there."""

import sqlite3
import threading
from functools import cache
from typing import Final

import structlog
from django.conf import settings as django_settings
from django.db import connection, transaction

from tallygate.registry.opening import shared_stores
from tallygate.registry.outbox import Outbox
from tallygate.settings import Settings

log = structlog.get_logger(__name__)

AGAIN_AFTER_S: Final = 2.0


def flush_on_commit() -> None:
    """To be called when something was published: it is copied when the transaction is committed, for the very next call.

    When Redis is away the change stands all the same; `follow` copies it later.
    """
    if django_settings.TALLYGATE.ledger_url and not any(
        each[1] is _flush for each in connection.run_on_commit
    ):
        transaction.on_commit(_flush)


def follow(stopping: threading.Event) -> None:
    """Copies what others have left in the outbox, in this thread, until `stopping` is set."""
    while not stopping.wait(AGAIN_AFTER_S):
        _flush()


def _flush() -> None:
    try:
        _outbox().flush()
    except (OSError, sqlite3.Error) as error:
        log.warning("the registry on Redis is behind", reason=str(error))


@cache
def _outbox() -> Outbox:
    settings: Settings = django_settings.TALLYGATE
    return of_home(settings)


def of_home(settings: Settings) -> Outbox:
    """The outbox of a home whose settings name a Redis."""
    return Outbox(
        settings.database, settings.home / "publish.lock", lambda: shared_stores(settings)
    )
