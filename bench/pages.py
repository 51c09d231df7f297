"""Every page of the portal, with a large provider: how long the server takes for it."""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from support.installation import Installation

from bench.load import percentile, tree

REPEATS = 7
SLOW_MS = 200
PLACEHOLDERS = {
    "product_id": 1, "owner_id": 1, "backend_id": 1, "plan_id": 1, "metric_id": 1, "rule_id": 1,
    "usage_id": 1, "config_id": 1, "term_id": 1, "account_id": 1, "application_id": 1, "user_id": 1,
    "token_id": 1, "developer_id": 1, "key_id": 1, "filter_id": 1, "alert_id": 1, "annotation_id": 1,
    "view_id": 1,
    "kind": "account", "name": "account-management", "token": "none",
}  # fmt: skip
EXTRA = (
    "/products?q=99&page=1",
    "/products?page=40",
    "/products/1/traffic?frame=12m",
    "/products/1/traffic?frame=30d&per=hour",
    "/products/1/hourly-averages?frame=12m",
    "/products/1/top-applications?top=1000",
    "/products/1/response-codes?frame=30d",
    "/products/1/metrics?q=method_4&sort=-rules",
    "/products/1/rules?page=10",
    "/products/1/rules/try?verb=GET&url=/v1/resource499/7",
    "/products/1/plans/1?page=11",
    "/products/1/configuration/compare?from=1&to=now",
    "/accounts?page=400",
    "/accounts?q=d99&sort=-since",
    "/accounts/1?q=99&sort=-product",
    "/applications?page=4000",
    "/applications?q=99&sort=account",
    "/applications?q=nothing",
    "/applications?state=live&sort=-plan",
    "/applications?product=1&plan=1&sort=name",
    "/lookups/account?account=99",
    "/lookups/plan?plan=product+9",
    "/audit-log?page=4000",
    "/audit-log?q=application+99&kind=application",
    "/audit-log?since=2026-01-01&who=1",
)
"""What the addresses alone do not show: searched, sorted, far behind."""


def main() -> None:
    """1,000 products, 100,000 applications, 2,000,000 roll-up rows; each page seven times, over HTTP on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "home")
        begun = time.perf_counter()
        counts = _filled(installation)
        told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
        print(f"   filled in {time.perf_counter() - begun:.0f} s: {told}")
        paths = _paths(installation)
        with installation:
            session = _Session(installation)
            baseline_ms = percentile([session.get("/healthz")[1] for _ in range(50)], 0.5)
            pids = tree(installation.console.pid)
            measured = {path: _measure(session, pids, path) for path in [*paths, *EXTRA]}
    _tell({path: found for path, found in measured.items() if found}, baseline_ms)


def _filled(installation: Installation) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.portal_data"],
        env=installation.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _paths(installation: Installation) -> list[str]:
    """The address of every page, about the first record of each kind."""
    script = (
        "from tallygate.settings import load; from tallygate.catalog.bootstrap import set_up; set_up(load())\n"
        "import json; from tallygate.console.urls import urlpatterns\n"
        "print(json.dumps([str(each.pattern) for each in urlpatterns]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=installation.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    patterns = json.loads(done.stdout)
    names = {
        f"<{'slug' if isinstance(value, str) else 'int'}:{name}>": str(value)
        for name, value in PLACEHOLDERS.items()
    }
    paths = []
    for pattern in patterns:
        for placeholder, number in names.items():
            pattern = pattern.replace(placeholder, number)
        assert "<" not in pattern, f"no value for a placeholder of {pattern}"
        if not pattern.endswith("/stream"):  # it would not end for minutes
            paths.append(f"/{pattern}")
    return paths


class _Session:
    """A browser of the admin's, without what a browser does afterwards."""

    def __init__(self, installation: Installation) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", installation.console.port)
        self._cookies: dict[str, str] = {}
        self.get("/login")
        given = {
            "username": "admin",
            "password": installation.ids["admin"]["password"],
            "csrfmiddlewaretoken": self._cookies["tallygate_csrf"],
        }
        self._ask("POST", "/login", urlencode(given))

    def get(self, path: str) -> tuple[int, float]:
        """Status and milliseconds until the last byte is here."""
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, float]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        answer.read()
        took_ms = (time.perf_counter() - begun) * 1000
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, took_ms


class Measured(NamedTuple):
    """Milliseconds until a page is here, ascending, and of the processor's time for one."""

    times_ms: list[float]
    cpu_ms: float

    @property
    def median_ms(self) -> float:
        return percentile(self.times_ms, 0.5)


def _measure(session: _Session, pids: list[int], path: str) -> Measured | None:
    """None for what is no page."""
    times = []
    before_ms = _cpu_ms(pids)
    for _ in range(REPEATS):
        status, took_ms = session.get(path)
        if status in (302, 404, 405):
            return None
        assert status == 200, (path, status)
        times.append(took_ms)
    return Measured(sorted(times), (_cpu_ms(pids) - before_ms) / REPEATS)


def _cpu_ms(pids: list[int]) -> float:
    """What their threads have had of the processor: other than the clock on the wall, it knows no neighbours."""
    stats = [stat for pid in pids for stat in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e6


def _tell(measured: dict[str, Measured], baseline_ms: float) -> None:
    print(
        f"   /healthz {baseline_ms:.1f} ms (the baseline); of each page the median, the slowest,"
        " and the processor's time"
    )
    slowest_first = sorted(measured.items(), key=lambda item: -item[1].median_ms)
    for path, found in slowest_first:
        mark = " SLOW" if found.median_ms > SLOW_MS else ""
        print(
            f"   {found.median_ms:6.0f} ms {found.times_ms[-1]:6.0f} ms {found.cpu_ms:6.0f} ms"
            f"  {path}{mark}"
        )
    medians = [found.median_ms for found in measured.values()]
    cpu = [found.cpu_ms for found in measured.values()]
    over = sum(median_ms > SLOW_MS for median_ms in medians)
    print(
        f"   {len(medians)} pages, {over} over {SLOW_MS} ms; the slowest {max(medians):.0f} ms,"
        f" ratio to the baseline {max(medians) / baseline_ms:.0f}; of the processor"
        f" {percentile(cpu, 0.5):.0f} ms in the middle, {max(cpu):.0f} ms at most"
    )
