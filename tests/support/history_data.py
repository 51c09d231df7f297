"""A history for tests: the real chDB, fed from a log in memory."""

from collections.abc import Iterable
from pathlib import Path

from tallygate.domain.clock import Clock, ManualClock
from tallygate.history import History
from tallygate.history.engine import ChdbEngine, Engine
from tallygate.history.schema import create_tables
from tallygate.ledger.embedded.log import Chunk
from tallygate.ledger.entry import Entry
from tallygate.settings import Settings

NOW_S = 1_584_526_800
"""2020-03-18T10:20:00Z"""


class MemoryLog:
    """What `LogReader` offers, without a disk: position n is behind the n-th entry."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)

    def begin(self) -> int:
        return 0

    def end(self) -> int:
        return len(self.entries)

    def read(self, after: int, limit: int = 50_000) -> Chunk:
        found = self.entries[after : after + limit]
        return Chunk(after, after + len(found), found)


def entry(
    time_s: float = NOW_S,
    usage: dict[str, int] | None = None,
    *,
    product: str = "1",
    application: str = "app",
    code: int = 0,
    id: str = "",
) -> Entry:
    """An entry of metric 7 by one, unless told otherwise."""
    given = {"7": 1} if usage is None else usage
    return Entry(product, application, round(time_s * 1000), tuple(given.items()), code, id=id)


def open_history(
    home: Path,
    log: MemoryLog,
    *,
    clock: Clock | None = None,
    engine: Engine | None = None,
    **settings: int,
) -> History:
    """A history of `home`, at NOW_S unless a clock is given. Close it: chDB opens one at a time."""
    given = Settings(home=home, **settings)
    return History(
        given,
        clock or ManualClock.at(NOW_S),
        engine or ChdbEngine(given.history, create_tables),
        log,
    )
