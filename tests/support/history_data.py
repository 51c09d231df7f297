"""A history for tests: the real chDB, fed from a log in memory."""

from collections.abc import Iterable
from pathlib import Path

from tallygate.domain.clock import Clock, ManualClock
from tallygate.history import History
from tallygate.history.engine import ChdbEngine, Engine
from tallygate.history.schema import create_tables
from tallygate.ledger.entry import FORGET, Entry
from tallygate.ledger.logs import Chunk, Positions
from tallygate.settings import Settings

NOW_S = 1_584_526_800
"""2020-03-18T10:20:00Z"""


class MemoryLog:
    """What a ledger's logs offer, without a disk: position n is behind the n-th entry.

    Attributes:
        entries: Those of the log named ''.
        logs: All logs, by name.
        told: What the historian said that it has consumed, the last last.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)
        self.logs = {"": self.entries}
        self.told: list[dict[str, int]] = []

    def begin(self) -> dict[str, int]:
        return dict.fromkeys(self.logs, 0)

    def end(self) -> dict[str, int]:
        return {name: len(entries) for name, entries in self.logs.items()}

    def read(self, after: Positions, until: Positions, limit: int) -> Chunk:
        end, found = dict(after), list[Entry]()
        for name in until:
            begin = after.get(name, 0)
            for position, each in enumerate(self.logs[name][begin : until[name]], begin + 1):
                if each.code == FORGET and not found:
                    return Chunk({**end, name: position}, [each])
                if each.code == FORGET or len(found) >= limit:
                    break
                found.append(each)
                end[name] = position
        return Chunk(end, found)

    def consumed(self, positions: Positions) -> None:
        self.told.append(dict(positions))


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
