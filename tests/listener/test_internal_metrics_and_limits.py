"""Metrics, usage limits and alert limits through the Internal API."""

import pytest
from support.internal_api import InternalClient

pytestmark = pytest.mark.service

DELETED = '{"status":"deleted"}'
NO_METRIC = '{"status":"not_found","error":"metric not found"}'
NO_LIMIT = '{"status":"not_found","error":"usagelimit not found"}'


def test_a_metric_is_created_read_and_deleted(internal: InternalClient) -> None:
    path = "/services/9001/metrics/5"
    given = {"service_id": 1, "id": 1, "name": "clicks", "parent_id": 30}
    assert internal.text("POST", path, {"metric": given}) == (
        201,
        '{"status":"created","metric":{"service_id":"9001","id":"5","parent_id":30,"name":"clicks"}}',
    )
    assert internal.text("GET", path) == (
        200,
        '{"status":"found","metric":{"service_id":"9001","id":"5","parent_id":"30","name":"clicks"}}',
    )
    assert internal.text("DELETE", path) == (200, DELETED)
    assert internal.text("GET", path) == (404, NO_METRIC)
    assert internal.text("DELETE", path) == (404, NO_METRIC)


def test_a_metric_is_changed_and_keeps_its_parent(internal: InternalClient) -> None:
    """Put creates as well, and always says modified; a parent that is not given stays although the answer says null."""
    path = "/services/9002/metrics/5"
    for name in ("first", "second"):
        given = {"name": name, "parent_id": "1"} if name == "first" else {"name": name}
        status, told = internal.put(path, {"metric": given})
        assert (status, told["status"]) == (200, "modified")
    assert told["metric"] == {"service_id": "9002", "id": "5", "parent_id": None, "name": "second"}
    found = internal.get(path)[1]["metric"]
    assert (found["parent_id"], found["name"]) == ("1", "second")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_metric_needs_a_name(internal: InternalClient, method: str) -> None:
    for given, missing in (({}, "metric"), ({"metric": None}, "metric"), ({"metric": {}}, "name")):
        told = internal.text(method, "/services/9003/metrics/5", given)
        assert told == (400, f'{{"status":"error","error":"missing parameter \'{missing}\'"}}')
    assert internal.get("/services/9003/metrics/5")[0] == 404


@pytest.mark.parametrize("period", ["eternity", "year", "month", "week", "day", "hour", "minute"])
def test_a_usage_limit_is_put_read_and_deleted(internal: InternalClient, period: str) -> None:
    """The value comes back with the type with which it was given, and is read as a number."""
    path = f"/services/9004/plans/p/usagelimits/5/{period}"
    start = '"service_id":"9004","plan_id":"p","metric_id":"5"'
    given = {"service_id": 9004, "plan_id": "p", "metric_id": "5", period: "100"}
    assert internal.text("PUT", path, {"usagelimit": given}) == (
        200,
        f'{{"status":"modified","usagelimit":{{{start},"{period}":"100"}}}}',
    )
    assert internal.text("GET", path) == (
        200,
        f'{{"status":"found","usagelimit":{{{start},"{period}":100}}}}',
    )
    for _ in range(2):
        assert internal.text("DELETE", path) == (200, DELETED)
    assert internal.text("GET", path) == (404, NO_LIMIT)


def test_a_usage_limit_needs_a_value(internal: InternalClient) -> None:
    path = "/services/9005/plans/p/usagelimits/5/day"
    for given, missing in (
        ({}, "usagelimit"), ({"usagelimit": {}}, "day"), ({"usagelimit": {"day": None, "hour": 1}}, "day"),
    ):  # fmt: skip
        told = internal.text("PUT", path, given)
        assert told == (400, f'{{"status":"error","error":"missing parameter \'{missing}\'"}}')


@pytest.mark.parametrize("value", [-1, "-5", "many", "", 1.5, True, [1], {}, 2**63, "9" * 31])
def test_a_limit_that_is_no_whole_number_from_zero_up_is_refused(
    internal: InternalClient, value: object
) -> None:
    """Kept as it is, it would deny every call."""
    path = "/services/9006/plans/p/usagelimits/5/day"
    told = internal.call("PUT", path, {"usagelimit": {"day": value}})
    assert told == (400, {"status": "error", "error": "invalid parameter 'day'"})
    assert internal.get(path)[0] == 404


def test_a_limit_of_an_unknown_period_is_not_kept(internal: InternalClient) -> None:
    path = "/services/9007/plans/p/usagelimits/5/decade"
    assert internal.put(path, {"usagelimit": {"decade": 1}})[0] == 200
    assert internal.text("GET", path) == (404, NO_LIMIT)
    assert internal.text("DELETE", path) == (200, DELETED)


def test_alert_limits_are_created_listed_in_order_and_deleted(internal: InternalClient) -> None:
    """As a number or as digits; the same one again changes nothing."""
    path = "/services/9008/alert_limits/"
    assert internal.text("GET", path) == (200, '{"status":"found","alert_limits":[]}')
    for value in (120, "80", 80, 0):
        told = internal.text("POST", path, {"alert_limit": {"value": value}})
        shown = f'{{"service_id":"9008","value":{int(value)}}}'
        assert told == (201, f'{{"status":"created","alert_limit":{shown}}}')
    found = internal.get(path)[1]["alert_limits"]
    assert found == [{"service_id": "9008", "value": value} for value in (0, 80, 120)]
    assert internal.text("DELETE", f"{path}80") == (200, DELETED)
    assert internal.text("DELETE", f"{path}80") == (
        404,
        '{"status":"not_found","error":"alert limit not found"}',
    )
    assert internal.delete(f"{path}x")[0] == 404
    assert len(internal.get(path)[1]["alert_limits"]) == 2


NO_LEVELS = [None, 55, -50, "50.0", 80.0, True, [80], ""]


@pytest.mark.parametrize(
    "given", [{}, {"alert_limit": 5}, *({"alert_limit": {"value": value}} for value in NO_LEVELS)]
)
def test_an_alert_limit_is_one_of_the_levels(
    internal: InternalClient, given: dict[str, object]
) -> None:
    told = internal.text("POST", "/services/9009/alert_limits/", given)
    assert told == (400, '{"error":"alert limit is invalid"}')
    assert internal.get("/services/9009/alert_limits/")[1]["alert_limits"] == []
