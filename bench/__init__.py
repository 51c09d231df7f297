"""Benchmarks: each runs beside its baseline and is told as a ratio. `make bench` runs them all."""
