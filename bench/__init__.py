"""Benchmarks: each runs beside its baseline and is told as a ratio. `make bench` runs them all."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # whose helpers start real processes
