"""What the listener knows, keyed by the protocol's string ids."""
