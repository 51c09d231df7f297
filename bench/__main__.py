"""`python -m bench [NAME ...]`: runs the named benchmarks, or all."""

import sys
import time
from collections.abc import Callable

from bench import (
    analytics,
    authrep,
    authrep_redis,
    footprint,
    latency,
    manage,
    matcher,
    million,
    pages,
    replace,
    report,
    spool,
    usage,
    visible,
)

BENCHMARKS: dict[str, Callable[[], None]] = {
    "authrep": authrep.main,
    "authrep_redis": authrep_redis.main,
    "latency": latency.main,
    "million": million.main,
    "report": report.main,
    "spool": spool.main,
    "usage": usage.main,
    "visible": visible.main,
    "replace": replace.main,
    "manage": manage.main,
    "analytics": analytics.main,
    "pages": pages.main,
    "matcher": matcher.main,
    "footprint": footprint.main,
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"\n== {name}: {(BENCHMARKS[name].__doc__ or '').strip()}", flush=True)
        begun = time.monotonic()
        BENCHMARKS[name]()
        print(f"   ({time.monotonic() - begun:.0f} s)", flush=True)


main(sys.argv[1:])
