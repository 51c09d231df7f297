"""What became of reports so far, in this process."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Figures:
    """Attributes:
    spooled: Taken: on file.
    sent: Counted by Tallygate.
    duplicates: Had been counted already, by an answer that did not come through.
    dropped: Not taken: the spool was full, or its disk.
    lost: Taken, but not counted, by the reason: a code of the protocol, `too_old`, or `unreadable`.
    failures: How often sending failed since it last succeeded.
    """

    spooled: int = 0
    sent: int = 0
    duplicates: int = 0
    dropped: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    failures: int = 0
