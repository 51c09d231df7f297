"""The registry that many listeners share, on Redis."""
