"""The ledger of one machine: counters in memory, a log and checkpoints on disk."""
