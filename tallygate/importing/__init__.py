"""Access logs become usage: lines are read, matched with mapping rules and handed to the ledger."""
