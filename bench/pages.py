"""Every page of the portal, with a large provider: how long the server takes for it."""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from support.installation import Installation

from bench.load import percentile

REPEATS = 7
SLOW_MS = 200
PLACEHOLDERS = {
    "product_id": 1, "owner_id": 1, "backend_id": 1, "plan_id": 1, "metric_id": 1, "rule_id": 1,
    "usage_id": 1, "config_id": 1, "term_id": 1, "account_id": 1, "application_id": 1, "user_id": 1,
    "token_id": 1, "developer_id": 1, "key_id": 1, "filter_id": 1,
    "kind": "account", "name": "account-management", "token": "none",
}  # fmt: skip
EXTRA = (
    "/products?q=99&page=1",
    "/products?page=40",
    "/products/1/traffic?frame=12m",
    "/products/1/traffic?frame=30d&per=hour",
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
            measured = {path: _measure(session, path) for path in [*paths, *EXTRA]}
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


def _measure(session: _Session, path: str) -> list[float]:
    """Milliseconds, ascending; nothing for what is no page."""
    times = []
    for _ in range(REPEATS):
        status, took_ms = session.get(path)
        if status in (302, 404, 405):
            return []
        assert status == 200, (path, status)
        times.append(took_ms)
    return sorted(times)


def _tell(measured: dict[str, list[float]], baseline_ms: float) -> None:
    print(
        f"   /healthz {baseline_ms:.1f} ms (the baseline); of each page the median and the slowest"
    )
    slowest_first = sorted(measured.items(), key=lambda item: -percentile(item[1], 0.5))
    for path, times in slowest_first:
        median_ms = percentile(times, 0.5)
        mark = " SLOW" if median_ms > SLOW_MS else ""
        print(f"   {median_ms:6.0f} ms {times[-1]:6.0f} ms  {path}{mark}")
    medians = [percentile(times, 0.5) for times in measured.values()]
    over = sum(median_ms > SLOW_MS for median_ms in medians)
    print(
        f"   {len(medians)} pages, {over} over {SLOW_MS} ms; the slowest {max(medians):.0f} ms,"
        f" ratio to the baseline {max(medians) / baseline_ms:.0f}"
    )
