"""What becomes of what is given to the ledger."""

from typing import NamedTuple

from tallygate.domain.errors import IdConflict
from tallygate.ledger.embedded.commit import DURABLE, Batch


class Once(NamedTuple):
    """What became of a call with an id.

    Attributes:
        batch: Await it before answering: then the call, or the one that it repeats, is durable.
        repeated: It was counted before, and not again.
    """

    batch: Batch
    repeated: bool


class Recorded:
    """What became of the entries given to `Ledger.record`, by their index.

    Attributes:
        batch: Await it before answering: then what was accepted is durable, and so is what the duplicates repeat.
    """

    __slots__ = ("accepted", "batch", "conflicts", "duplicates")

    def __init__(self) -> None:
        self.batch = DURABLE
        self.accepted: list[int] = []
        self.duplicates: list[int] = []
        self.conflicts: list[tuple[int, IdConflict]] = []
