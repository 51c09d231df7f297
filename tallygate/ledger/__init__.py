"""Exact counters and the durable log."""
