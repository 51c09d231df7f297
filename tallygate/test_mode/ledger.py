"""The embedded ledger, with a clock that may go back, and a beginning that can be made anew.

Its counters only roll forward. So when the clock has gone back they are thrown away, and counted from the log again as of the new now.
All that was counted since the beginning is in the log, of which nothing is removed in test mode.

what            how
beginning anew  the log says of each service that it is forgotten, as for any other reason, so that the history forgets it as well;
                counters, ids and events are thrown away
going back      counters and ids are thrown away, and replayed; events, and what keeps them from coming twice, stay
"""

from collections.abc import Iterator

from tallygate.domain.clock import Clock
from tallygate.domain.limits import MINUTE, epoch_at
from tallygate.ledger.embedded.event_store import EventStore
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.embedded.log import LogReader
from tallygate.ledger.entry import FORGET, Entry
from tallygate.settings import Settings


class RewindableLedger(EmbeddedLedger):
    """Makes no checkpoint before it is closed: one that is under way would hold what was thrown away meanwhile."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Raises what `EmbeddedLedger.open` raises."""
        super().__init__(settings, clock)
        self._log = LogReader(settings.ledger / "log")
        self._beginning = self._log.begin()

    def entries(self) -> Iterator[Entry]:
        """All that was counted since the beginning, and what says that a service is forgotten, in order."""
        for _, entries in self._log.frames(self._beginning):
            yield from entries

    def void(self) -> None:
        """Prepared calls must be prepared anew."""
        self.generation += 1

    async def begin_anew(self) -> None:
        """Nothing was ever counted or told. Raises OSError, sqlite3.Error: it cannot be written."""
        self.flush()
        for service in {entry.service for entry in self.entries() if entry.code != FORGET}:
            await self.forget(service)
        self._beginning = self._log.end()
        self._count_again()
        _forget_all(self._events)

    def follow_clock(self) -> None:
        """To be called when the clock was set. Raises OSError, sqlite3.Error: it cannot be written."""
        if self._clock.now_s() < self.epoch.starts_s[MINUTE]:
            self.flush()
            self._count_again()

    def put_event(self, kind: str) -> int:
        """Puts an event of any kind behind the others; returns its id. Raises sqlite3.Error."""
        row = self._events.connection.execute(
            "INSERT INTO event (kind, time_s, service, application) VALUES (?, ?, '', '')",
            (kind, self._clock.now_s()),
        )
        return row.lastrowid or 0

    def _count_again(self) -> None:
        """Makes the counters, as of now, of what the log holds since the beginning."""
        execute = self._state_writer.execute
        execute("BEGIN IMMEDIATE")
        execute("DELETE FROM counters")
        execute("DELETE FROM ids")
        execute("INSERT OR REPLACE INTO checkpoint VALUES (1, ?)", (self._beginning,))
        execute("COMMIT")
        self._counters.clear()
        self._ids.clear()
        self._checkpointer.position = self._beginning
        self._begin(epoch_at(self._clock.now_s()))
        self._replay()
        self.void()


def _forget_all(events: EventStore) -> None:
    """There were none, and their ids begin with 1 again."""
    execute = events.connection.execute
    execute("BEGIN IMMEDIATE")
    for table in ("event", "alert", "mark", "sqlite_sequence"):
        execute(f"DELETE FROM {table}")
    execute("COMMIT")
    events.clear()
