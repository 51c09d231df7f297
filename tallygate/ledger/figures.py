"""How the ledger is doing, for those who operate it."""

from typing import NamedTuple


class Figures(NamedTuple):
    """At one moment; what counts up does so from the start of the process.

    Attributes:
        durable_position: Up to where the log is written and synced, in bytes from its first one.
        checkpoint_position: From where the log would be replayed.
        checkpoint_age_s: Seconds since the state on disk held all that was counted.
        waiting_entries: Counted, but not yet in a batch that is being written.
        batches, entries: Made durable.
        failed_batches: Taken back, because the disk did not take them.
        sync_s: Seconds spent in writing and syncing.
        resident_applications: Whose counters are in memory.
    """

    durable_position: int
    checkpoint_position: int
    checkpoint_age_s: int
    waiting_entries: int
    batches: int
    entries: int
    failed_batches: int
    sync_s: float
    resident_applications: int
