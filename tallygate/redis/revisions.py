"""Which revision of each partition's registry this process has seen: what the registry learns, and the ledger's script checks."""


class Revisions:
    """By partition, as Redis has it."""

    def __init__(self, partitions: int) -> None:
        self.seen = [b"0"] * partitions
