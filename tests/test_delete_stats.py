"""`tallygate delete-stats` leaves nothing of a service, and says what it removed."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from support.command_line import tallygate
from support.installation import Installation, get

pytestmark = pytest.mark.service


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "home") as running:
        yield running


def call(installation: Installation, method: str, path: str, given: object = None) -> int:
    """The status of a call of the Internal API."""
    connection = http.client.HTTPConnection("127.0.0.1", installation.listener.port, timeout=20)
    try:
        connection.request(method, f"/internal{path}", json.dumps(given))
        return connection.getresponse().status
    finally:
        connection.close()


def provision(installation: Installation) -> None:
    """A service `77` with an application."""
    service = {"id": "77", "provider_key": "pk", "backend_version": "1"}
    assert call(installation, "POST", "/services/", {"service": service}) == 201
    metric = {"metric": {"name": "hits"}}
    assert call(installation, "POST", "/services/77/metrics/m", metric) == 201
    application = {"application": {"state": "active", "plan_id": "p"}}
    assert call(installation, "POST", "/services/77/applications/a", application) == 201
    assert call(installation, "PUT", "/services/77/applications/a/key/uk") == 200


def hit(installation: Installation, times: int, **credentials: str) -> None:
    query = urlencode({**credentials, "usage[hits]": 1, "log[code]": 200})
    for _ in range(times):
        status, body = get(installation.listener.port, f"/transactions/authrep.xml?{query}")
        assert status == 200, body


def delete_stats(installation: Installation, service: str) -> dict[str, tuple[int, int]]:
    """By table, the rows before and those left, as it prints them."""
    printed = installation.command("delete-stats", service, "--home", str(installation.home))
    found = {}
    for line in printed.splitlines():
        table, _, counts = line.partition(": ")
        before, left = counts.split(", ")
        assert (before.endswith(" before"), left.endswith(" left")) == (True, True)
        found[table] = (int(before.split()[0]), int(left.split()[0]))
    return found


def verify(installation: Installation) -> None:
    assert tallygate("verify", "--home", installation.home).returncode == 0


@pytest.mark.parametrize("running", [{"listener", "console"}, {"listener"}, {"console"}, set()])
def test_nothing_is_left_of_the_service_and_all_of_the_others(
    installation: Installation, running: set[str]
) -> None:
    """Whatever of Tallygate runs."""
    provision(installation)
    hit(installation, 7, **installation.credentials())
    hit(installation, 3, provider_key="pk", service_id="77", user_key="uk")
    for name in {"listener", "console"} - running:
        getattr(installation, name).stop()
    removed = delete_stats(installation, "77")
    assert removed.pop("history.raw") == (3, 0)
    assert set(removed) == {"history.usage_minute", "history.usage_quarter"}
    for before, left in removed.values():
        assert before >= 2
        assert left == 0
    for name in {"listener", "console"} - running:
        process = getattr(installation, name)
        process.start()
        process.wait_until_ready()
    hit(installation, 1, **installation.credentials())
    assert installation.total("hits") == 8
    verify(installation)


def test_a_service_that_is_deleted_already_goes_from_the_history_too(
    installation: Installation,
) -> None:
    provision(installation)
    hit(installation, 3, provider_key="pk", service_id="77", user_key="uk")
    assert call(installation, "DELETE", "/services/77") == 200
    assert delete_stats(installation, "77")["history.raw"] == (3, 0)
    assert delete_stats(installation, "77")["history.raw"] == (0, 0)
    assert delete_stats(installation, "there never was")["history.raw"] == (0, 0)
