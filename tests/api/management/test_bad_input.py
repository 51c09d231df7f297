"""Whatever is sent: a clear refusal, never a failure, and nothing half saved."""

import json
from typing import Any

import pytest
from support.management_site import ManagementSite, taken_back

from tallygate.api.management.endpoint import Endpoint
from tallygate.api.management.table import ENDPOINTS
from tallygate.catalog.models import AuditEntry

pytestmark = pytest.mark.thorough

NONSENSE: list[Any] = [
    None,
    "",
    "nonsense'; DROP TABLE catalog_product; --",
    "x" * 70_000,
    "a\0b",
    "\x01💥",
    "\ud800",
    "1e400",
    "NaN",
    0,
    -1.5,
    2**63,
    10**40,
    True,
    [],
    [["nonsense"], None],
    [-1, 10**40],
    {},
    {"nonsense": {"nonsense": []}},
]
WRITES = [endpoint for endpoint in ENDPOINTS if endpoint.parameters]


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def send(site: ManagementSite, endpoint: Endpoint, body: bytes) -> tuple[int, bytes, bool]:
    """Status, body, and whether something was changed."""
    form = "json" if "json" in endpoint.formats else endpoint.formats[0]
    with taken_back():
        before = AuditEntry.objects.count()
        answer = site.client.generic(
            endpoint.method,
            f"{site.path(endpoint, form)}?access_token={site.token}",
            body,
            content_type="application/json",
        )
        changed = AuditEntry.objects.count() > before
    return answer.status_code, answer.content, changed


@pytest.mark.parametrize("endpoint", WRITES, ids=map(name_of, WRITES))
def test_no_value_of_a_parameter_makes_a_call_fail(
    site: ManagementSite, endpoint: Endpoint
) -> None:
    """Each parameter with each nonsense, beside a name that is right: what is refused changes nothing."""
    for parameter in endpoint.parameters:
        for value in NONSENSE:
            given = {"name": "Right", parameter.name: value}
            status, body, changed = send(site, endpoint, json.dumps(given).encode())
            assert status < 500, (parameter.name, value, body)
            if status >= 400:
                assert not changed, (parameter.name, value)
            if status == 422:
                said = json.loads(body)
                assert all(said["errors"].values()) if "errors" in said else said["error"]


BODIES = [
    b"{",
    b"\xff\xfe",
    b"[]",
    b"1",
    b"null",
    b'"text"',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"name": "\xff"}',
]


@pytest.mark.parametrize("body", BODIES, ids=[repr(body[:12]) for body in BODIES])
def test_no_body_makes_a_call_fail(site: ManagementSite, body: bytes) -> None:
    for endpoint in WRITES:
        status, _, changed = send(site, endpoint, body)
        assert status < 500, name_of(endpoint)
        assert status < 400 or not changed, name_of(endpoint)


@pytest.mark.parametrize(
    "odd", ["0", "-1", "1.5", "nonsense", "9" * 40, "%00", "٣", "%2e%2e", "%20"]
)
def test_an_id_that_is_none_is_not_found(site: ManagementSite, odd: str) -> None:
    for endpoint in ENDPOINTS:
        if endpoint.path == "users/{user_id}/access_tokens":
            continue
        if not set(endpoint.placeholders) - {"environment"}:
            continue
        path = endpoint.path.format_map(dict.fromkeys(endpoint.placeholders, odd))
        answer = site.client.generic(
            endpoint.method, f"/admin/api/{path}.json?access_token={site.token}"
        )
        assert answer.status_code == 404, name_of(endpoint)


def test_a_path_that_does_not_exist_is_not_found_in_json(site: ManagementSite) -> None:
    for path in ("nonsense", "services/1/nonsense", "services/1/2/3", "", "/"):
        answer = site.call("GET", f"{path}.json")
        assert answer.status_code == 404, path
        assert json.loads(answer.content) == {"status": "Not found"}


def test_a_method_that_a_path_does_not_have_is_named(site: ManagementSite) -> None:
    answer = site.call("PUT", "services.json", {})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
    answer = site.call("POST", "provider.json", {})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, PATCH, PUT")


def test_a_body_that_is_too_large_is_refused(site: ManagementSite) -> None:
    given = {"name": "Doc", "body": "x" * 3_000_000}
    assert site.refused("POST", "active_docs", 413, **given) == {
        "error": "The request body is too large"
    }


def test_all_that_is_wrong_is_told_at_once(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}"
    assert site.refused("POST", f"{path}/metrics") == {
        "friendly_name": ["can't be blank"],
        "unit": ["can't be blank"],
    }
    assert site.refused("POST", f"{path}/proxy/mapping_rules", pattern="x", delta="many") == {
        "delta": ["is not a number"],
        "http_method": ["can't be blank"],
        "metric_id": ["can't be blank"],
        "pattern": ["is invalid"],
    }
    assert site.refused("POST", f"accounts/{site.ids['account_id']}/applications") == {
        "name": ["can't be blank"],
        "plan_id": ["can't be blank"],
    }


def test_duplicates_are_told_beside_their_field(site: ManagementSite) -> None:
    taken = ["has already been taken"]
    path = f"services/{site.product.pk}"
    metric = {"friendly_name": "Hits", "system_name": "hits", "unit": "hit"}
    assert site.refused("POST", f"{path}/metrics", **metric) == {
        "friendly_name": taken,
        "system_name": taken,
    }
    assert site.refused("POST", "services", name="New", system_name="echo") == {
        "system_name": taken
    }
    hits = f"application_plans/{site.plan.pk}/metrics/{site.product.hits.pk}"
    assert site.refused("POST", f"{hits}/limits", period="day", value=1) == {"period": taken}
    user = {"username": "dev", "email": "dev@example.com"}
    assert site.refused("POST", f"accounts/{site.ids['account_id']}/users", **user) == {
        "username": taken
    }
    other = site.post("backend_apis", name="Other", private_endpoint="http://other.internal")
    usage = {"backend_api_id": other["backend_api"]["id"], "path": "/stock"}
    assert site.refused("POST", f"{path}/backend_usages", **usage) == {
        "path": ["This path is already taken. Specify a different path."]
    }
    again = {"backend_api_id": site.backend.pk, "path": "/again"}
    assert site.refused("POST", f"{path}/backend_usages", **again) == {"backend_api_id": taken}


def test_a_method_of_a_method_and_of_another_metric_is_refused(site: ManagementSite) -> None:
    path = f"services/{site.product.pk}/metrics"
    other = site.post(path, friendly_name="Bytes", unit="byte")["metric"]["id"]
    for parent in (site.ids["method_id"], other):
        assert site.refused("POST", f"{path}/{parent}/methods", friendly_name="Deep") == {
            "parent_id": ["You can only create methods under 'hits'"]
        }


def test_oversized_fields_are_refused_with_their_limit(site: ManagementSite) -> None:
    long = {"name": "x" * 256, "system_name": "y" * 256}
    at_most = ["is too long (maximum is 255 characters)"]
    assert site.refused("POST", "services", **long) == {"name": at_most, "system_name": at_most}


def test_what_belongs_to_others_cannot_be_named_in_a_body(site: ManagementSite) -> None:
    """It is not found, with the same words as what does not exist."""
    from support import catalog_data as made

    theirs = made.application(made.plan(made.product()))
    backend = made.backend(theirs.product.provider)
    here = f"services/{site.product.pk}"
    account = f"accounts/{site.ids['account_id']}"
    rule = {"http_method": "GET", "pattern": "/x", "delta": 1}
    doc = {"name": "D", "body": '{"openapi": "3.1.0"}'}
    calls = (
        ("POST", f"{account}/applications", {"name": "A", "plan_id": theirs.plan_id}),
        ("PUT", f"{account}/applications/{site.application.pk}/change_plan", {"plan_id": theirs.plan_id}),
        ("PUT", f"{account}/change_plan", {"plan_id": theirs.account.plan_id}),
        ("POST", f"{here}/backend_usages", {"backend_api_id": backend.pk, "path": "/x"}),
        ("POST", f"{here}/proxy/mapping_rules", {**rule, "metric_id": theirs.product.hits.pk}),
        ("POST", "active_docs", {**doc, "service_id": theirs.product_id}),
        ("POST", "signup", {"org_name": "A", "username": "ada", "account_plan_id": theirs.account.plan_id}),
        ("POST", "signup", {"org_name": "A", "username": "ada", "application_plan_id": theirs.plan_id}),
    )  # fmt: skip
    for method, path, given in calls:
        keys = {name for name in given if name.endswith("_id")}
        for wrong in (given, given | dict.fromkeys(keys, 987654)):
            assert site.refused(method, path, 404, **wrong) == {"status": "Not found"}, (
                path,
                wrong,
            )
    member = f"users/{site.ids['user_id']}/permissions"
    for wrong in ([theirs.product_id], [987654]):
        assert site.refused("PUT", member, allowed_service_ids=wrong) == {
            "allowed_service_ids": ["not found"]
        }
