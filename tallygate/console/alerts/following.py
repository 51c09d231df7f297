"""Brings the alerts that the ledger raises into the catalog, in a thread of the console.

what happens                             behaviour
the console was away                     it asks for all events that the ledger still has; what is there already is not kept twice
another control plane deletes events     those that were deleted before the next look are missed
the listener or the catalog is away      asked again; one line in the log until it is back
the ledger begins anew, and so its ids   noticed when all events are asked for again
"""

import re
import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from django.db import Error, connection

from tallygate.catalog import alerts
from tallygate.catalog.alerts import Raised
from tallygate.console.listener import ListenerSilent, ask
from tallygate.domain.clock import Clock
from tallygate.settings import Settings

log = structlog.get_logger(__name__)

EVERY_S: Final = 3.0
ALL_AGAIN_S: Final = 600.0
_WITHIN_S: Final = 10.0
_LIMIT: Final = re.compile(r"(.*) per (\w+): (-?[0-9]+)/([0-9]+)", re.DOTALL)


class _Event(msgspec.Struct, frozen=True):
    id: int
    type: str
    object: dict[str, Any]


class _Answer(msgspec.Struct, frozen=True):
    events: list[_Event] = []


class Follower:
    """Looks for new alerts. Belongs to one thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._seen = 0
        self._begun_s = time.monotonic()
        self._failing = False

    def follow(self, stopping: threading.Event) -> None:
        """Until `stopping` is set."""
        while not stopping.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """Brings in what is new; a failure is a line in the log, and the next look tries again."""
        try:
            self._look()
            self._failing = False
        except (ListenerSilent, Error) as error:
            if not self._failing:
                log.warning("alerts are not brought in", reason=str(error))
            self._failing = True
        finally:
            connection.close()

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._begun_s > ALL_AGAIN_S:
            self._begun_s, self._seen = now_s, 0
            if self._settings.alert_days:
                alerts.forget_before(self._clock.now_s(), self._settings.alert_days)
        path = f"/events/?after_id={self._seen}"
        events = ask(self._settings, path, _Answer, _WITHIN_S).events
        alerts.take_in([raised for event in events if (raised := _raised(event)) is not None])
        self._seen = max([self._seen, *(event.id for event in events)])


def _raised(event: _Event) -> Raised | None:
    """The alert that an event tells of; None if it is another event."""
    told = event.object
    limit = _LIMIT.fullmatch(str(told.get("limit", "")))
    if event.type != "alert" or limit is None:
        return None
    at = datetime.strptime(told["timestamp"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    return Raised(
        str(told["service_id"]), str(told["application_id"]), int(at.timestamp()),
        int(told["utilization"]), limit[1], limit[2], int(limit[3]), int(limit[4]),
    )  # fmt: skip
