"""The integration errors through the Internal API."""

import re

import pytest
from support.internal_api import InternalClient
from support.running_listener import RunningListener

pytestmark = pytest.mark.service

KEY = "provider-key-0123456789"


def service(listener: RunningListener, service_id: str, *missing: str) -> str:
    """A service whose errors are calls for applications that do not exist."""
    listener.service(service_id, "2", KEY)
    for each in missing:
        fail(listener, service_id, each)
    return f"/services/{service_id}/errors/"


def fail(listener: RunningListener, service_id: str, app_id: str) -> None:
    query = f"provider_key={KEY}&service_id={service_id}&app_id={app_id}&usage[hits]=1"
    path = f"/transactions/authorize.xml?{query}"
    headers = {"user_agent": "plugin/1", "x_request_id": f"id-{app_id}"}
    assert listener.request("GET", path, **headers).status == 404


def test_an_error_is_there_at_once_and_whole(
    listener: RunningListener, internal: InternalClient
) -> None:
    """With the protocol's four fields first, and ours behind them."""
    path = service(listener, "6001", "ghost", "ghost")
    status, text = internal.text("GET", path)
    assert status == 200
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME", text) == (
        '{"status":"found","errors":[{"code":"application_not_found",'
        '"message":"application with id=\\"ghost\\" was not found","timestamp":"TIME",'
        '"context_info":{"url":"/transactions/authorize.xml","method":"GET","user_agent":"plugin/1",'
        '"ip":"127.0.0.1","request_id":"id-ghost","credential":"app_id=ghost","metric":"",'
        '"parameters":{"service_id":"6001","app_id":"ghost","provider_key":"…6789","usage[hits]":"1"}},'
        '"first_timestamp":"TIME","count":2}],"count":1}'
    )


def test_pages_are_the_newest_first(listener: RunningListener, internal: InternalClient) -> None:
    """By query or by body, as numbers or as text; a page below the first is the first."""
    path = service(listener, "6002", "a", "b", "c", "d", "e")

    def named(given: object, query: str = "") -> list[str]:
        status, told = internal.call("GET", path + query, given)
        assert (status, told["status"], told["count"]) == (200, "found", 5)
        return [each["message"].split('"')[1] for each in told["errors"]]

    assert named(None) == ["e", "d", "c", "b", "a"]
    assert named({"page": 2, "per_page": 2}) == ["c", "b"]
    assert named({"page": "2", "per_page": "2"}) == ["c", "b"]
    assert named(None, "?page=3&per_page=2") == ["a"]
    assert named({"page": 2, "per_page": 5}) == []
    for page in (0, -1, "none", [], None):
        assert named({"page": page, "per_page": 1}) == ["e"]
    assert named({"page": 10**30, "per_page": 10**30}) == []


@pytest.mark.parametrize("per_page", [0, -1, "0", "ten", "", [], None, True, 1.5])
def test_the_size_of_a_page_must_make_sense(
    listener: RunningListener, internal: InternalClient, per_page: object
) -> None:
    """In the words that the protocol's client looks for."""
    path = service(listener, "6003")
    told = internal.text("GET", path, {"per_page": per_page})
    assert told == (400, '{"error":"per_page needs to be > 0"}')


def test_errors_are_deleted(listener: RunningListener, internal: InternalClient) -> None:
    """Those of this service, even the latest; the others keep theirs."""
    path, other = service(listener, "6004", "a", "b"), service(listener, "6005", "a")
    assert internal.text("DELETE", path) == (200, '{"status":"deleted"}')
    assert internal.text("GET", path) == (200, '{"status":"found","errors":[],"count":0}')
    assert internal.get(other)[1]["count"] == 1


def test_an_unknown_service_has_no_errors(internal: InternalClient) -> None:
    """Neither to read nor to delete."""
    for method in ("GET", "DELETE"):
        told = internal.text(method, "/services/none/errors/")
        assert told == (404, '{"status":"not_found","error":"service not found"}')
        assert internal.text(method, "/services/none/errors")[0] == 404


def test_a_deleted_service_comes_back_without_errors(
    listener: RunningListener, internal: InternalClient
) -> None:
    """They go with it; a deletion that is refused leaves them."""
    given = {"service": {"id": "6006", "provider_key": KEY, "default_service": True}}
    internal.post("/services/", given)
    path = service(listener, "6006", "a")
    listener.service("6006", "2", KEY, default=True)
    assert internal.delete("/services/6006")[0] == 400
    assert internal.get(path)[1]["count"] == 1
    service(listener, "6007")
    fail(listener, "6007", "a")
    assert internal.delete("/services/6007")[0] == 200
    assert internal.get(service(listener, "6007"))[1]["count"] == 0
