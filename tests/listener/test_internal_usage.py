"""Another control plane reads the usage of what it has provisioned: the listener asks the console."""

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from support.command_line import wait_until
from support.installation import Installation, get

pytestmark = pytest.mark.service

ODD = "an app/ ü"
"""An application's id may be anything."""
NOW_S = int(time.time())


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With services that live in the registry alone: in `77` calls are counted, in `88` tests count."""
    with Installation(tmp_path_factory.mktemp("usage") / "home") as running:
        wait_until_announced(running)
        for service in ("77", "88"):
            provision(running, service)
        for key, method, code, times in (
            ("odd", "get", 200, 3), ("odd", "get", 404, 2), ("odd", "put", 404, 1),
            ("other", "get", 410, 4), ("other", "get", 0, 5), ("other", "hits", 599, 1),
        ):  # fmt: skip
            for _ in range(times):
                hit(running, "77", key, method, code)
        yield running


def wait_until_announced(installation: Installation) -> None:
    """The console answers a moment before it says where it is."""
    announced = installation.home / "run" / "console.json"
    wait_until(announced.exists, "the console has noted no address")


def provision(installation: Installation, service: str) -> None:
    """Metrics hits > get, and put; two applications."""
    given = {"id": service, "provider_key": "pk", "backend_version": "1"}
    assert call(installation, "POST", "/services/", {"service": given})[0] == 201
    below = f"/services/{service}"
    for metric_id, name, parent in (("m", "hits", ""), ("a:404:b", "get", "m"), ("p", "put", "")):
        metric = {"metric": {"name": name, "parent_id": parent}}
        assert call(installation, "POST", f"{below}/metrics/{metric_id}", metric)[0] == 201
    for application_id, key in ((ODD, "odd"), ("other", "other")):
        path = f"{below}/applications/{quote(application_id, safe='')}"
        application = {"application": {"state": "active", "plan_id": "p"}}
        assert call(installation, "POST", path, application)[0] == 201
        assert call(installation, "PUT", f"{path}/key/{key}")[0] == 200


def call(
    installation: Installation, method: str, path: str, given: object = None
) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", installation.listener.port, timeout=20)
    try:
        connection.request(method, f"/internal{path}", json.dumps(given or {}))
        answer = connection.getresponse()
        assert answer.getheader("content-type") == "application/json"
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def hit(installation: Installation, service: str, key: str, metric: str, code: int = 0) -> None:
    """A call that adds 2."""
    pairs = {"provider_key": "pk", "service_id": service, "user_key": key, f"usage[{metric}]": 2}
    query = urlencode(pairs | ({"log[code]": code} if code else {}))
    status, body = get(installation.listener.port, f"/transactions/authrep.xml?{query}")
    assert status == 200, body


def usage(
    installation: Installation,
    given: dict[str, object],
    application: str | None = None,
    service: str = "77",
) -> dict:
    path = f"/services/{service}" + (
        "" if application is None else f"/applications/{quote(application, safe='')}"
    )
    status, told = call(installation, "GET", f"{path}/usage", {"period": "eternity", **given})
    assert (status, told["status"]) == (200, "found"), told
    return dict(told["usage"])


def test_the_answer_names_all_that_was_asked_for(installation: Installation) -> None:
    path = f"/services/77/applications/{quote(ODD, safe='')}/usage"
    asked = "metric=get&response_code=4XX&since=2024-02-28&until=2024-03-01&granularity=day"
    status, told = call(installation, "GET", f"{path}?{asked}&timezone=Asia/Kolkata")
    assert status == 200
    assert json.dumps(told) == json.dumps(
        {
            "status": "found",
            "usage": {
                "service_id": "77",
                "application_id": ODD,
                "metric": "get",
                "response_code": "4xx",
                "period": {
                    "since": "2024-02-28T00:00:00+05:30",
                    "until": "2024-03-01T23:59:59+05:30",
                    "timezone": "Asia/Kolkata",
                    "granularity": "day",
                },
                "total": 0,
                "values": [0, 0, 0],
            },
        }
    )


@pytest.mark.parametrize(
    ("given", "of_all", "of_odd"),
    [
        ({"metric": "hits"}, 30, 10),
        ({"metric": "get"}, 28, 10),
        ({"metric": "put"}, 2, 2),
        ({"response_code": 404}, 3, 3),
        ({"response_code": "4xx"}, 7, 3),
        ({"response_code": "2xx"}, 3, 3),
        ({"response_code": "5xx"}, 1, 0),
        ({"response_code": "3xx"}, 0, 0),
        ({"metric": "get", "response_code": "404"}, 2, 2),
        ({"metric": "hits", "response_code": "4xx"}, 6, 2),
        ({"metric": "put", "response_code": "4xx"}, 1, 1),
    ],
)
def test_metrics_and_codes_are_told_of_services_and_applications(
    installation: Installation, given: dict[str, object], of_all: int, of_odd: int
) -> None:
    """Codes count calls, metrics what they add; both of a method and of its parent."""
    assert usage(installation, given)["total"] == of_all
    assert usage(installation, given, ODD)["total"] == of_odd


def test_what_was_acknowledged_just_now_is_in_the_answer(installation: Installation) -> None:
    before = usage(installation, {"metric": "put"}, "other", "88")["total"]
    for number in range(1, 6):
        hit(installation, "88", "other", "put")
        found = usage(installation, {"metric": "put"}, "other", "88")["total"]
        assert found == before + 2 * number


def test_a_period_is_told_by_its_buckets(installation: Installation) -> None:
    found = usage(installation, {"metric": "get", "period": "year"}, ODD)
    assert len(found["values"]) in (12, 13)
    assert sum(found["values"]) == found["total"] == 10
    by_hour = usage(installation, {"metric": "get", "period": "day", "granularity": "hour"}, ODD)
    assert len(by_hour["values"]) in (24, 25)


def test_without_a_zone_it_is_utc_for_services_of_the_registry_alone(
    installation: Installation,
) -> None:
    day = datetime.fromtimestamp(NOW_S, UTC).strftime("%Y-%m-%d")
    period = usage(installation, {"metric": "get", "since": day, "period": "day"})["period"]
    assert (period["timezone"], period["since"]) == ("Etc/UTC", f"{day}T00:00:00Z")


def test_without_a_zone_it_is_the_providers_for_a_product(installation: Installation) -> None:
    installation.catalog("Provider.objects.update(time_zone='Asia/Tokyo')")
    product = installation.ids["product"]["id"]
    status, told = call(
        installation, "GET", f"/services/{product}/usage?metric=hits&period=day&since=2024-01-01"
    )
    assert (status, told["usage"]["period"]["since"]) == (200, "2024-01-01T00:00:00+09:00")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/services/78/usage?metric=hits", "service not found"),
        ("/services/77/applications/nobody/usage?metric=hits", "application not found"),
        ("/services/78/applications/other/usage?metric=hits", "service not found"),
        ("/services/77/usage?metric=nothing", "metric not found"),
        ("/services/77/applications/other/usage?metric=m", "metric not found"),
    ],
)
def test_what_does_not_exist_is_not_found(
    installation: Installation, path: str, error: str
) -> None:
    found = call(installation, "GET", f"{path}&period=day")
    assert found == (404, {"status": "not_found", "error": error})


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("period=day", "missing parameter 'metric' or 'response_code'"),
        ("period=day&metric=+", "missing parameter 'metric' or 'response_code'"),
        ("metric=hits", "missing parameter 'since'"),
        ("metric=hits&since=2024-01-01", "missing parameter 'until'"),
        ("metric=hits&since=2024-01-01&until=2024-01-02", "missing parameter 'granularity'"),
        ("metric=hits&period=decade", 'Period must be one of ["eternity", "year", "month", "week", "day"] not "decade"'),
        (
            "metric=hits&period=day&granularity=decade",
            "Granularity must be one of [:eternity, :year, :month, :week, :day, 6 hours, :hour, :minute],"
            " not decade",
        ),
        ("metric=hits&period=day&since=never", None),
        ("metric=hits&period=day&timezone=Mars", None),
        ("metric=hits&since=2000-01-01&until=2024-01-01&granularity=hour", None),
        ("metric[]=hits&period=day", "invalid parameter 'metric'"),
        ("metric=hits&period[a]=day", "invalid parameter 'period'"),
        ("response_code=99&period=day", "invalid parameter 'response_code'"),
        ("response_code=600&period=day", "invalid parameter 'response_code'"),
        ("response_code=4x4&period=day", "invalid parameter 'response_code'"),
        ("response_code=6xx&period=day", "invalid parameter 'response_code'"),
        ("response_code=404%0A1&period=day", "invalid parameter 'response_code'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(
    installation: Installation, query: str, error: str | None
) -> None:
    status, told = call(installation, "GET", f"/services/77/usage?{query}")
    assert (status, told["status"]) == (400, "error")
    assert told["error"] == error if error else told["error"]


def test_while_the_console_is_away_it_is_503_with_the_reason_and_calls_go_on(
    installation: Installation,
) -> None:
    before = usage(installation, {"metric": "hits"}, ODD, "88")["total"]
    installation.console.kill()
    try:
        status, told = call(installation, "GET", "/services/88/usage?metric=hits&period=day")
        assert (status, told["status"]) == (503, "error")
        assert told["error"].startswith("the console does not answer: ")
        hit(installation, "88", "odd", "hits")
    finally:
        installation.console.start()
        installation.console.wait_until_ready()
        wait_until_announced(installation)
    assert usage(installation, {"metric": "hits"}, ODD, "88")["total"] == before + 2


def test_a_console_that_hangs_holds_up_its_question_and_nothing_else(
    installation: Installation,
) -> None:
    before = usage(installation, {"metric": "hits"}, service="88")["total"]
    noted = json.loads((installation.home / "run" / "console.json").read_text())
    (worker,) = _children(noted["pid"])
    os.kill(worker, signal.SIGSTOP)
    connection = http.client.HTTPConnection("127.0.0.1", installation.listener.port, timeout=30)
    try:
        connection.request("GET", "/internal/services/88/usage?metric=hits&period=eternity")
        for _ in range(20):
            hit(installation, "88", "other", "hits")
    finally:
        os.kill(worker, signal.SIGCONT)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert (answer.status, told["usage"]["total"]) == (200, before + 40)


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]
