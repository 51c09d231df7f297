"""A demo provider: sample usage of its own making, and gentle live traffic."""
