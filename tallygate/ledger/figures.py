"""How a ledger is doing, for those who operate it."""

from typing import NamedTuple


class Figure(NamedTuple):
    """One number at one moment.

    Attributes:
        name: With its unit; the metrics put `tallygate_ledger_` before it.
        counts_up: Whether it only grows, from the start of the process.
    """

    name: str
    value: float
    counts_up: bool = False
