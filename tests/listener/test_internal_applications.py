"""Applications, their keys, user keys and referrer filters through the Internal API."""

import base64
import json
import re
from typing import Any

import pytest
from support.internal_api import InternalClient, path_of

pytestmark = pytest.mark.service

ODD = "! \"#$%&'()*+,-.:;<=>?@[]^_`{|}~\\/"
"""What clients of the protocol put into ids and keys."""

APP: dict[str, Any] = {"state": "active", "plan_id": 30, "plan_name": "Basic", "redirect_url": "http://x/"}  # fmt: skip
NOT_FOUND = '{"status":"not_found","error":"application not found"}'
DELETED = '{"status":"deleted"}'


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def make(internal: InternalClient, service: str, application_id: str = "a") -> str:
    """An application; gives its path."""
    path = f"/services/{service}/applications/{path_of(application_id)}"
    assert internal.post(path, {"application": APP})[0] == 201
    return path


def test_an_application_is_created_read_and_deleted(internal: InternalClient) -> None:
    """For a service that need not exist; ids inside the object do not count."""
    path = "/services/8001/applications/a"
    given = {**APP, "id": "other", "service_id": 1, "user_required": False}
    assert internal.text("POST", path, {"application": given}) == (
        201,
        '{"status":"created","application":{"service_id":"8001","id":"a","state":"active",'
        '"plan_id":30,"plan_name":"Basic","redirect_url":"http://x/"}}',
    )
    assert internal.text("GET", path) == (
        200,
        '{"status":"found","application":{"service_id":"8001","id":"a","state":"active",'
        '"plan_id":"30","plan_name":"Basic","redirect_url":"http://x/"}}',
    )
    assert internal.text("DELETE", path) == (200, DELETED)
    assert internal.text("GET", path) == (404, NOT_FOUND)
    assert internal.text("DELETE", path) == (404, NOT_FOUND)


def test_an_application_is_not_created_twice(internal: InternalClient) -> None:
    path = make(internal, "8002")
    assert internal.text("POST", path, {"application": {}}) == (
        405,
        '{"status":"exists","error":"application cannot be created, exists already"}',
    )


def test_put_creates_or_changes_and_nulls_erase_nothing(internal: InternalClient) -> None:
    """The answer says null for what was not given, although it is kept."""
    path = "/services/8003/applications/a"
    told = internal.put(path, {"application": APP})
    assert (told[0], told[1]["status"]) == (200, "created")
    told = internal.put(path, {"application": {"state": "weird", "plan_id": None}})
    assert told == (
        200,
        {
            "status": "modified",
            "application": {"service_id": "8003", "id": "a", "state": "weird", "plan_id": None, "plan_name": None, "redirect_url": None},
        },
    )  # fmt: skip
    found = internal.get(path)[1]["application"]
    assert found == {**APP, "service_id": "8003", "id": "a", "state": "weird", "plan_id": "30"}


def test_what_was_never_given_reads_as_null(internal: InternalClient) -> None:
    path = "/services/8003/applications/bare"
    internal.post(path, {"application": {"state": "active"}})
    found = internal.get(path)[1]["application"]
    assert (found["plan_id"], found["plan_name"], found["redirect_url"]) == (None, None, None)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_application_needs_a_state(internal: InternalClient, method: str) -> None:
    for given in ({}, {"state": None}, {"state": " "}):
        assert internal.text(method, "/services/8004/applications/a", {"application": given}) == (
            400,
            '{"status":"bad_request","error":"Application with id=\\"a\\" has no state"}',
        )
    for given in ({}, {"application": None}):
        assert internal.text(method, "/services/8004/applications/a", given) == (
            400,
            '{"status":"error","error":"missing parameter \'application\'"}',
        )
    assert internal.get("/services/8004/applications/a")[0] == 404


def test_user_keys_lead_to_applications(internal: InternalClient) -> None:
    """Also to one that does not exist; one user key leads to one application."""
    path = "/services/8005/applications"
    for application_id in ("a", "b"):
        told = internal.text("PUT", f"{path}/{application_id}/key/k", {})
        assert told == (200, f'{{"status":"modified","application":{{"id":"{application_id}"}}}}')
    assert internal.text("GET", f"{path}/key/k", {}) == (
        200,
        '{"status":"found","application":{"id":"b"}}',
    )
    for _ in range(2):
        assert internal.text("DELETE", f"{path}/key/k") == (200, DELETED)
    assert internal.text("GET", f"{path}/key/k") == (
        404,
        '{"status":"not_found","error":"application key not found"}',
    )


def test_application_keys_are_created_listed_and_deleted(internal: InternalClient) -> None:
    path = make(internal, "8006")
    assert internal.text("GET", f"{path}/keys/") == (200, '{"status":"found","application_keys":[]}')  # fmt: skip
    for _ in range(2):
        assert internal.text("POST", f"{path}/keys/", {"application_key": {"value": "k"}}) == (
            201,
            '{"status":"created","application_key":{"app_id":"a","value":"k"}}',
        )
    assert internal.text("GET", f"{path}/keys/") == (
        200,
        '{"status":"found","application_keys":[{"service_id":"8006","app_id":"a","value":"k"}]}',
    )
    assert internal.text("DELETE", f"{path}/keys/k") == (200, DELETED)
    assert internal.text("DELETE", f"{path}/keys/k") == (
        404,
        '{"status":"not_found","error":"application key not found"}',
    )


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"application_key": None},
        {"application_key": {"value": None}},
        {"application_key": {"value": ""}},
    ],
)
def test_a_key_that_is_not_given_is_made_at_random(
    internal: InternalClient, given: dict[str, object]
) -> None:
    internal.put("/services/8007/applications/a", {"application": APP})
    status, told = internal.post("/services/8007/applications/a/keys/", given)
    assert status == 201
    assert re.fullmatch("[0-9a-f]{32}", told["application_key"]["value"])


def test_keys_and_filters_of_an_unknown_application_are_not_found(internal: InternalClient) -> None:
    base = "/services/8008/applications/nobody"
    for method, path in (
        ("GET", "keys/"), ("POST", "keys/"), ("DELETE", "keys/k"),
        ("GET", "referrer_filters"), ("POST", "referrer_filters"), ("DELETE", "referrer_filters/k"),
    ):  # fmt: skip
        assert internal.text(method, f"{base}/{path}", {}) == (404, NOT_FOUND)


def test_referrer_filters_are_created_listed_in_order_and_deleted(internal: InternalClient) -> None:
    """By their URL-safe base64, padded or not; by themselves only where they cannot be base64."""
    path = make(internal, "8009") + "/referrer_filters"
    for each in ("x.org", "doopah", "*.a>?.net"):
        told = internal.text("POST", path, {"referrer_filter": each})
        assert told == (201, f'{{"status":"created","referrer_filter":"{each}"}}')
    assert internal.text("GET", path) == (
        200,
        '{"status":"found","referrer_filters":["*.a>?.net","doopah","x.org"]}',
    )

    def delete(value: str) -> list[str]:
        assert internal.text("DELETE", f"{path}/{value}") == (200, DELETED)
        return list(internal.get(path)[1]["referrer_filters"])

    assert delete("doopah") == ["*.a>?.net", "doopah", "x.org"]
    assert delete("x.org") == ["*.a>?.net", "doopah"]
    assert delete(base64.urlsafe_b64encode(b"*.a>?.net").decode().rstrip("=")) == ["doopah"]
    assert delete(base64.urlsafe_b64encode(b"doopah").decode()) == []
    assert delete("nothing") == []


@pytest.mark.parametrize("given", [{}, {"referrer_filter": None}, {"referrer_filter": " "}])
def test_a_referrer_filter_is_not_blank(internal: InternalClient, given: dict[str, object]) -> None:
    internal.put("/services/8010/applications/a", {"application": APP})
    told = internal.text("POST", "/services/8010/applications/a/referrer_filters", given)
    assert told == (400, '{"error":"referrer filter can\'t be blank"}')


def test_a_deleted_application_leaves_no_keys_and_filters(internal: InternalClient) -> None:
    """Made anew under its id, it has none of them; its user keys lead nowhere."""
    path = make(internal, "8011")
    internal.post(f"{path}/keys/", {"application_key": {"value": "k"}})
    internal.post(f"{path}/referrer_filters", {"referrer_filter": "f"})
    internal.put(f"{path}/key/uk", {})
    internal.delete(path)
    make(internal, "8011")
    assert internal.get(f"{path}/keys/")[1]["application_keys"] == []
    assert internal.get(f"{path}/referrer_filters")[1]["referrer_filters"] == []
    assert internal.get("/services/8011/applications/key/uk")[0] == 404


@pytest.mark.parametrize("odd", [ODD, "a/b", "key/x", "%2F", "..", "\u00e9\U0001f600", "a b", "a+b", "batch"])  # fmt: skip
def test_ids_and_keys_may_hold_any_character(internal: InternalClient, odd: str) -> None:
    """Escaped in the path they come through as they are."""
    service = f"/services/8012/applications/{path_of('app' + odd)}"
    assert internal.post(service, {"application": APP})[0] == 201
    assert internal.get(service)[1]["application"]["id"] == f"app{odd}"
    keys = f"{service}/keys/"
    assert internal.post(keys, {"application_key": {"value": odd}})[0] == 201
    assert [each["value"] for each in internal.get(keys)[1]["application_keys"]] == [odd]
    assert internal.delete(keys + path_of(odd)) == (200, {"status": "deleted"})
    assert internal.get(keys)[1]["application_keys"] == []
    user_key = f"/services/8012/applications/key/{path_of(odd)}"
    assert internal.put(f"{service}/key/{path_of(odd)}", {})[0] == 200
    assert internal.get(user_key)[1]["application"]["id"] == f"app{odd}"
    assert internal.delete(user_key)[0] == 200
    assert internal.get(user_key)[0] == 404
    assert internal.delete(service) == (200, {"status": "deleted"})
    assert internal.get(service)[0] == 404


def test_ids_that_differ_by_a_space_or_a_plus_are_two(internal: InternalClient) -> None:
    make(internal, "8013", "a b")
    assert internal.get("/services/8013/applications/a+b")[0] == 404
    assert internal.get("/services/8013/applications/a%20b")[0] == 200


def test_a_batch_saves_what_is_right_and_names_what_is_not(internal: InternalClient) -> None:
    """An item that is wrong is not saved at all."""
    make(internal, "8014", "old")
    items = [
        {"id": "old", "state": "suspended", "user_key": "uk", "application_keys": ["k1", "k2"]},
        {"id": 5, "state": "active", "plan_id": 30, "referrer_filters": ["f"]},
        {"state": "active"},
        {"id": "stateless"},
        {"id": "blank", "state": "active", "referrer_filters": [""]},
        {"id": "keyless", "state": "active", "user_key": ""},
        "nothing",
    ]
    status, told = internal.text(
        "PUT", "/services/8014/applications/batch", {"applications": items}
    )
    errors: list[tuple[object, str]] = [
        (None, "Application has no id"),
        ("stateless", 'Application with id="stateless" has no state'),
        ("blank", "referrer filter can't be blank"),
        ("keyless", 'Application id="keyless" with user_key="" has inconsistent data and could not be saved'),
        (None, "Application has no id"),
    ]  # fmt: skip
    saved = [
        ("modified", "old", "suspended", None, "uk", ["k1", "k2"], []),
        ("created", "5", "active", 30, None, [], ["f"]),
    ]
    wanted = {
        "status": "completed",
        "total": 7,
        "successful": 2,
        "failed": 5,
        "applications": [
            *(
                {
                    "status": word,
                    "application": {
                        "service_id": "8014",
                        "id": identity,
                        "state": state,
                        "plan_id": plan,
                        "plan_name": None,
                        "redirect_url": None,
                        "user_key": user_key,
                        "application_keys": keys,
                        "referrer_filters": filters,
                    },
                }
                for word, identity, state, plan, user_key, keys, filters in saved
            ),
            *({"status": "error", "id": identity, "error": error} for identity, error in errors),
        ],
        "failures": [{"id": identity, "error": error} for identity, error in errors],
    }
    assert (status, told) == (200, compact(wanted))
    assert internal.get("/services/8014/applications/old")[1]["application"]["plan_name"] == "Basic"
    for missing in ("stateless", "blank", "keyless"):
        assert internal.get(f"/services/8014/applications/{missing}")[0] == 404
    assert internal.get("/services/8014/applications/key/uk")[1]["application"]["id"] == "old"


def test_a_batch_without_failures_names_none(internal: InternalClient) -> None:
    assert internal.text("PUT", "/services/8015/applications/batch", {"applications": []}) == (
        200,
        '{"status":"completed","total":0,"successful":0,"failed":0,"applications":[]}',
    )
    assert internal.text("PUT", "/services/8015/applications/batch", {}) == (
        400,
        '{"status":"error","error":"missing parameter \'applications\'"}',
    )
    assert internal.put("/services/8015/applications/batch", {"applications": {}})[0] == 400
