"""A process that follows a log until it is killed: `killed_historian.py HOME ENTRIES`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.history_data import NOW_S, MemoryLog, entry, open_history

from tallygate.history import historian
from tallygate.ledger.entry import Entry, tombstone


def entries(count: int) -> list[Entry]:
    """The same entries for the same count: several days, products, applications and codes.

    Product 2 is forgotten now and then, and of product 3 an application.
    """
    return [
        tombstone("2", "", NOW_S * 1000)
        if index % 300 == 250
        else tombstone("3", f"app{index % 10}", NOW_S * 1000)
        if index % 300 == 101
        else entry(
            NOW_S - index % 5 * 86_400 - index,
            {"7": 1, str(8 + index % 3): index},
            product=str(1 + index % 3),
            application=f"app{index % 10}",
            code=200 + index % 4,
        )
        for index in range(count)
    ]


def logs(count: int) -> MemoryLog:
    """The same entries in three logs, each product's in one."""
    log = MemoryLog()
    for each in entries(count):
        log.logs.setdefault("" if each.service == "1" else f"of {each.service}", []).append(each)
    return log


def main() -> None:
    historian.BATCH_ENTRIES = 40
    with open_history(Path(sys.argv[1]), logs(int(sys.argv[2]))) as history:
        history.catch_up()


if __name__ == "__main__":
    main()
