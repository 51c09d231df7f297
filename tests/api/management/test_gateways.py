"""Proxies, policies and configurations, as gateways and scripts ask for them."""

import pytest
from support.management_site import ManagementSite

from tallygate.catalog.models import Backend, BackendUsage


def proxy(site: ManagementSite) -> str:
    return f"services/{site.product.pk}/proxy"


def versions(site: ManagementSite, environment: str = "sandbox") -> list[int]:
    listed = site.get(f"{proxy(site)}/configs/{environment}")["proxy_configs"]
    return [each["proxy_config"]["version"] for each in listed]


def test_a_proxy_is_shown_without_an_id(site: ManagementSite) -> None:
    shown = site.get(proxy(site))["proxy"]
    assert "id" not in shown
    assert (shown["service_id"], shown["credentials_location"]) == (site.product.pk, "query")
    assert (shown["api_backend"], shown["deployment_option"]) == ("http://stock.internal", "hosted")
    assert site.xml(proxy(site)).findtext("auth_user_key") == "user_key"


def test_a_proxy_is_changed_as_a_whole_or_in_part(site: ManagementSite) -> None:
    whole = site.get(proxy(site))["proxy"]
    changed = site.put(proxy(site), **{**whole, "api_test_path": "/ip", "auth_user_key": "key"})
    assert changed["proxy"]["api_test_path"] == "/ip"
    assert site.put(proxy(site), credentials_location="headers")["proxy"]["auth_user_key"] == "key"


def test_each_change_of_a_proxy_makes_a_version_and_deploying_the_same_does_not(
    site: ManagementSite,
) -> None:
    assert versions(site) == [1]
    site.put(proxy(site), api_test_path="/ip")
    site.put(proxy(site), api_test_path="/ip")
    assert versions(site) == [1, 2, 3]
    site.json("POST", f"{proxy(site)}/deploy", status=201)
    site.put(proxy(site))
    site.put(proxy(site), support_email="unknown here")
    assert versions(site) == [1, 2, 3]
    rule = {"http_method": "GET", "pattern": "/y", "delta": 1, "metric_id": site.product.hits.pk}
    site.post(f"{proxy(site)}/mapping_rules", **rule)
    assert versions(site) == [1, 2, 3]
    site.json("POST", f"{proxy(site)}/deploy", status=201)
    assert versions(site) == [1, 2, 3, 4]


def test_without_a_backend_no_version_is_made_and_naming_an_address_makes_one(
    site: ManagementSite,
) -> None:
    made = site.post("services", name="New")["service"]["id"]
    path = f"services/{made}/proxy"
    site.put(path, auth_user_key="key")
    assert site.get(f"{path}/configs/sandbox") == {"proxy_configs": []}
    assert site.put(path, api_backend="http://echo.example:80")["proxy"]["api_backend"] == (
        "http://echo.example:80"
    )
    assert len(site.get(f"{path}/configs/staging")["proxy_configs"]) == 1
    (usage,) = site.get(f"services/{made}/backend_usages")
    assert usage["backend_usage"]["path"] == "/"
    site.delete(f"services/{made}/backend_usages/{usage['backend_usage']['id']}")
    site.put(path, auth_user_key="other")
    assert len(site.get(f"{path}/configs/staging")["proxy_configs"]) == 1


def test_an_older_state_of_a_proxy_does_not_overwrite_a_newer(site: ManagementSite) -> None:
    seen = site.get(proxy(site))["proxy"]["lock_version"]
    site.put(proxy(site), api_test_path="/ip")
    answer = site.call("PUT", f"{proxy(site)}.json", {"lock_version": seen, "api_test_path": "/x"})
    assert (answer.status_code, answer.content) == (409, b"")
    assert site.get(proxy(site))["proxy"]["api_test_path"] == "/ip"


def test_wrong_proxies_are_told_and_nothing_is_made(site: ManagementSite) -> None:
    made = site.post("services", name="New")["service"]["id"]
    before = Backend.objects.count(), BackendUsage.objects.count()
    refused = site.refused(
        "PUT",
        f"services/{made}/proxy",
        api_backend="http://right.example",
        credentials_location="nowhere",
        error_status_no_match=700,
        endpoint="ftp://x",
        auth_app_id="a b",
        error_auth_failed="a\nb",
    )
    assert sorted(refused) == [
        "auth_app_id", "credentials_location", "endpoint", "error_auth_failed",
        "error_status_no_match",
    ]  # fmt: skip
    assert list(site.refused("PUT", f"services/{made}/proxy", api_backend="x")) == ["api_backend"]
    assert (Backend.objects.count(), BackendUsage.objects.count()) == before


def test_policies_are_kept_as_they_are_given(site: ManagementSite) -> None:
    path = f"{proxy(site)}/policies"
    policies = site.get(path)["policies_config"]
    assert policies == [
        {"name": "apicast", "version": "builtin", "configuration": {}, "enabled": True}
    ]
    echo = {"name": "echo", "version": "builtin", "configuration": {"status": 201}, "enabled": True}
    policies.insert(0, echo)
    given = {"policies_config": policies, "service_id": site.product.pk}
    assert site.put(path, **given) == {"policies_config": policies}
    assert site.get(path)["policies_config"] == policies
    latest = site.get(f"{proxy(site)}/configs/sandbox/latest")["proxy_config"]
    assert [policy["name"] for policy in latest["content"]["proxy"]["policy_chain"]] == [
        "echo", "routing", "apicast",
    ]  # fmt: skip
    assert site.refused("PUT", path, policies_config=[{"name": "x"}]) == {
        "policies_config": ["version can't be blank"]
    }
    answer = site.call("PUT", f"{path}.json", {})
    assert (answer.status_code, answer.content) == (
        400,
        b"Required parameter missing: policies_config",
    )


def test_configurations_are_read_by_version_and_promoted(site: ManagementSite) -> None:
    path = f"{proxy(site)}/configs"
    site.put(proxy(site), endpoint="https://api.example")
    first = site.get(f"{path}/sandbox/1")["proxy_config"]
    assert (first["environment"], first["version"]) == ("sandbox", 1)
    assert first["content"]["id"] == site.product.pk
    assert site.get(f"{path}/staging/latest")["proxy_config"]["version"] == 2
    assert site.json("GET", f"{path}/production/latest", status=404) == {"status": "Not found"}
    promoted = site.post(f"{path}/sandbox/2/promote", to="production")["proxy_config"]
    assert (promoted["environment"], promoted["version"]) == ("production", 2)
    assert versions(site, "production") == [2]
    assert site.refused("POST", f"{path}/sandbox/2/promote", to="production") == {
        "version": ["has already been taken"]
    }
    missing = site.call("POST", f"{path}/sandbox/2/promote.json")
    assert (missing.status_code, missing.content) == (400, b"Required parameter missing: to")
    assert site.json("GET", f"{path}/sandbox/9", status=404)
    for refused in (
        site.refused("GET", f"{path}/moon", 400),
        site.refused("POST", f"{path}/sandbox/2/promote", 400, to="moon"),
        site.refused("GET", "account/proxy_configs/moon", 422),
    ):
        assert refused == {"error": "invalid environment"}


def test_a_gateway_finds_its_configuration_by_host(site: ManagementSite) -> None:
    """As APIcast asks: for an environment and a host, the newest alone, page by page."""
    site.put(
        proxy(site), endpoint="https://api.example", sandbox_endpoint="https://staging.example"
    )
    other = site.post("services", name="Other")["service"]["id"]
    site.put(f"services/{other}/proxy", api_backend="http://x.example", sandbox_endpoint="https://other.example")  # fmt: skip

    def found(**given: object) -> list[tuple[int, int]]:
        query = {"version": "latest", "page": 1, "per_page": 500, **given}
        listed = site.json("GET", "account/proxy_configs/staging", query)["proxy_configs"]
        return [
            (each["proxy_config"]["content"]["id"], each["proxy_config"]["version"])
            for each in listed
        ]

    assert found() == [(site.product.pk, 2), (other, 1)]
    assert found(host="staging.example") == found(host="api.example") == [(site.product.pk, 2)]
    assert found(host="example") == found(host="nobody.example") == found(page=2) == []
    assert found(version="1") == [(site.product.pk, 1), (other, 1)]
    by_host = site.json("GET", "services/proxy/configs/sandbox", {"host": "other.example"})
    assert len(by_host["proxy_configs"]) == 1
    assert site.call("GET", "services/proxy/configs/sandbox.json").status_code == 400


@pytest.mark.parametrize("environment", ["sandbox", "staging", "production"])
def test_every_environment_may_be_named(site: ManagementSite, environment: str) -> None:
    assert "proxy_configs" in site.get(f"account/proxy_configs/{environment}")
