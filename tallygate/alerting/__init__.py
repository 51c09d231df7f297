"""Alerts by a provider's own rules: what is watched, what was noticed, and who is told of it."""
