"""Load and statistics that the benchmarks share."""

import re
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Measured(NamedTuple):
    """What wrk saw: answers per second, those that were no success, and latency in milliseconds."""

    per_second: float
    not_ok: int
    p50_ms: float
    p99_ms: float


def wrk(port: int, script: Path, seconds: float, connections: int = 64) -> Measured:
    """Runs wrk with one thread; `script` makes the requests."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{port}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found is not None, done.stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return Measured(
        float(found[1]),
        int(refused[1]) if refused else 0,
        _latency_ms(done.stdout, "50"),
        _latency_ms(done.stdout, "99"),
    )


def _latency_ms(text: str, percent: str) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", text)
    assert found is not None, text
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median with the least and the greatest in brackets."""
    middle = statistics.median(values)
    return f"{middle:,.{digits}f} [{min(values):,.{digits}f} .. {max(values):,.{digits}f}]"


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in tree(int(child)))]


def folder_bytes(folder: Path) -> int:
    """The size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
