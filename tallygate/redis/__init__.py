"""How Tallygate talks to Redis, one server or a cluster: what the shared ledger, registry and error list have in common."""
