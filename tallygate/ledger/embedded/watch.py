"""Which events come of what was made durable. Nothing is raised for what was taken back."""

from collections.abc import Iterable, Iterator

from tallygate.domain.limits import Epoch
from tallygate.ledger.embedded.call import Call
from tallygate.ledger.embedded.counters import ApplicationCounters
from tallygate.ledger.embedded.event_store import TRAFFIC, EventStore, Raised
from tallygate.ledger.events import (
    ALERT,
    ALERT_AGAIN_AFTER_S,
    FIRST_DAILY_TRAFFIC,
    FIRST_TRAFFIC,
    Alert,
    Reached,
    reached,
)


class Watcher:
    """Raises events, each once."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def look(
        self,
        fresh: Iterable[tuple[ApplicationCounters, int]],
        reached: Iterable[tuple[ApplicationCounters, Reached]],
        now_s: int,
    ) -> None:
        """To be called when something is durable.

        Args:
            fresh: Applications that have had traffic, and on which UTC day (its first second): perhaps for the first time.
            reached: What `levels_reached` gave before it was written.
        """
        raised: list[Raised] = []
        for application, day_s in fresh:
            raised += _first_traffic(application, day_s, now_s)
        for application, found in reached:
            raised += _alerts(application, found, now_s)
        if raised:
            self._store.add(raised)


def levels_reached(
    calls: Iterable[Call], epoch: Epoch
) -> list[tuple[ApplicationCounters, Reached]]:
    """Which of their levels these calls' applications have reached, with all that is counted by now."""
    found = []
    for call in calls:
        call.roll(epoch)
        levels = reached(call.levels, call.limits, call.values())
        if levels is not None:
            found.append((call.application, levels))
    return found


def _first_traffic(application: ApplicationCounters, day_s: int, now_s: int) -> Iterator[Raised]:
    before_s = application.traffic_day_s
    if before_s >= day_s:
        return
    application.traffic_day_s = day_s
    names = (application.service, application.application)
    if before_s < 0:
        yield Raised(FIRST_TRAFFIC, now_s, *names, TRAFFIC, day_s)
    yield Raised(FIRST_DAILY_TRAFFIC, now_s, *names, TRAFFIC, day_s)


def _alerts(application: ApplicationCounters, found: Reached, now_s: int) -> Iterator[Raised]:
    """One for each level that is reached and not silent, the highest first: a jump leaves none out."""
    for level in found.levels:
        if application.alerted.get(level, 0) > now_s:
            continue
        until_s = application.alerted[level] = now_s + ALERT_AGAIN_AFTER_S
        alert = Alert(0, level, found.limit.metric, found.period, found.value, found.limit.maximum)
        names = (application.service, application.application)
        yield Raised(ALERT, now_s, *names, level, until_s, alert)
