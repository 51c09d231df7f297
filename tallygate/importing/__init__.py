"""From access logs to the ledger."""
