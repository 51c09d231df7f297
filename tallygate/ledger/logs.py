"""A ledger's logs, as the historian follows them.

A ledger keeps one log or several, each with a name that is never used for another one. All entries of a product are in
one log. What is true of every log:

    position            grows with each entry and never goes back; 0 = before the first entry that ever was
    end                 everything acknowledged before it was asked for lies before it
    a log loses its end what comes after is in a log of another name: a position would stand for other entries
    forgetting          an entry with the code FORGET comes alone in a chunk, since what comes before it in its log has
                        to be in the history before it, and what comes after it only afterwards
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tallygate.ledger.entry import Entry

Positions = Mapping[str, int]
"""By name of a log, a position in it. A log that is not named stands at 0."""


class Chunk(NamedTuple):
    """A stretch of the logs.

    Attributes:
        end: Where it ends in each log: the positions after which it was read, moved on.
        entries: Those of a log in their order; logs in any order.
    """

    end: Positions
    entries: list[Entry]


class Logs(Protocol):
    """What the historian asks of a ledger. One thread at a time, but for `end`, which any thread may ask.

    Every method raises OSError where the logs cannot be reached or written now.
    """

    def begin(self) -> Positions:
        """From where on each log is still there."""
        ...

    def end(self) -> Positions:
        """Up to where each log is durable."""
        ...

    def read(self, after: Positions, until: Positions, limit: int) -> Chunk:
        """What lies behind `after` and not behind `until`: about `limit` entries, some of each log or all of it.

        Reading on from the chunk's end until `until` is reached gives the same entries each time. Both lie between
        `begin` and `end`.

        Raises:
            LogCorrupt: A log is damaged.
            ValueError: A position lies behind its log's end, or before what is still there.
        """
        ...

    def consumed(self, positions: Positions) -> None:
        """The history has everything up to these positions for good: the logs need it no more for its sake.

        What lies behind them is kept from now on, wherever the history has been before. A log that the ledger does not
        have, because it is another ledger than before, does not matter.
        """
        ...


def behind(positions: Positions, target: Positions) -> bool:
    """Whether `target` lies further in any log."""
    return any(positions.get(name, 0) < position for name, position in target.items())
