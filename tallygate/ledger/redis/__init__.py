"""The ledger that many listeners share, on Redis."""
