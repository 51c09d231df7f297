"""Calls of 3scale-api that its own tests do not make, or make in ways that are left out.

Run by `run.run` in a process of their own, in order; the numbers that are read were counted by the listener.
"""

import os
from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from threescale_api import ThreeScaleClient
from threescale_api.errors import ApiClientError
from threescale_api.resources import Account, Application, Service


@pytest.fixture(scope="module")
def api() -> ThreeScaleClient:
    """Waits until accounts, plans and products are there, as test suites do."""
    environment = os.environ
    return ThreeScaleClient(
        environment["THREESCALE_PROVIDER_URL"], environment["THREESCALE_PROVIDER_TOKEN"], wait=0
    )


@pytest.fixture(scope="module")
def service(api: ThreeScaleClient) -> Iterator[Service]:
    made = api.services.create({"name": "Own calls"})
    yield made
    made.delete()


@pytest.fixture(scope="module")
def account(api: ThreeScaleClient) -> Iterator[Account]:
    made = api.accounts.create({"org_name": "Own calls", "username": "own-calls"})
    yield made
    made.delete()


@pytest.fixture(scope="module")
def application(service: Service, account: Account) -> Application:
    plan = service.app_plans.create({"name": "Own calls"})
    return account.applications.create({"name": "Own calls", "plan_id": plan["id"]})


def call(service: Service, application: Application, **usage: int) -> int:
    """The status of an authrep call that counts this, with what the API told of the credentials."""
    content = service.proxy.list().configs.latest()["content"]
    query = {
        "service_id": content["id"],
        content["backend_authentication_type"]: content["backend_authentication_value"],
        "user_key": application["user_key"],
        **{f"usage[{name}]": value for name, value in usage.items()},
    }
    with urlopen(
        f"{os.environ['LISTENER_URL']}/transactions/authrep.xml?{urlencode(query)}"
    ) as answer:
        return int(answer.status)


def test_what_was_set_up_is_counted_at_once_and_read_back(
    api: ThreeScaleClient, service: Service, application: Application
) -> None:
    service.proxy.update(params={"api_backend": "http://echo.invalid:80"})
    backend = api.backends.read(service.backend_usages.list()[0]["backend_id"])
    metric = service.metrics.create({"friendly_name": "Bytes", "unit": "byte"})
    assert call(service, application, hits=2, bytes=500) == 200
    assert call(service, application, **{f"hits.{backend['id']}": 3}) == 200
    assert api.analytics.list_by_service(service)["total"] == 5
    assert api.analytics.list_by_service(service, metric_name=metric["system_name"])["total"] == 500
    assert api.analytics.list_by_application(application, period="day")["total"] == 5
    assert api.analytics.list_by_backend(backend, metric_name="hits")["total"] == 3


def test_a_metric_in_use_goes_after_its_rules_and_a_deployment(service: Service) -> None:
    metric = service.metrics.create({"friendly_name": "Used", "unit": "use"})
    rule = service.mapping_rules.create(
        {"http_method": "GET", "pattern": "/used", "delta": 1, "metric_id": metric["id"]}
    )
    proxy = service.proxy.list()
    proxy.deploy()
    with pytest.raises(ApiClientError):
        metric.delete()
    rule.delete()
    proxy.deploy()
    metric.delete()
    assert not metric.exists()


def test_plans_and_their_default(service: Service) -> None:
    plan = service.app_plans.create({"name": "Default", "state_event": "publish"})
    plan.set_default()
    assert service.app_plans.get_default()["id"] == plan["id"]
    assert service.app_plans.fetch(plan["id"])["state"] == "published"


def test_limits_are_changed_listed_and_removed(service: Service, application: Application) -> None:
    plan = service.app_plans.read(application["plan_id"])
    hits = service.metrics.read_by(system_name="hits")
    limit = plan.limits(hits).create({"period": "day", "value": 10})
    assert limit.update({"value": 20})["value"] == 20
    listed = plan.limits(hits).list_per_app_plan()
    assert listed["limits"][0]["limit"]["id"] == limit["id"]
    limit.delete()
    assert plan.limits(hits).list() == []
    price = plan.pricing_rules(hits).create({"cost_per_unit": "0.5"})
    assert price.update({"cost_per_unit": "0.25"})["cost_per_unit"] == "0.25"
    price.delete()


def test_an_account_changes_state_and_plan(api: ThreeScaleClient, account: Account) -> None:
    assert api.accounts.pending(account.entity_id)["state"] == "pending"
    assert api.accounts.approve(account.entity_id)["state"] == "approved"
    assert api.accounts.reject(account.entity_id)["state"] == "rejected"
    api.accounts.approve(account.entity_id)
    plan = api.account_plans.create({"name": "Own calls"})
    answered = api.accounts.set_plan(account.entity_id, plan["id"])
    assert answered["account_plan"]["id"] == plan["id"]
    with pytest.raises(ApiClientError):
        plan.delete()
    default = api.account_plans.read_by_name("Default")
    api.account_plans.set_default(default.entity_id)
    assert api.account_plans.select_by(default=True)[0]["id"] == default["id"]
    api.accounts.set_plan(account.entity_id, default["id"])
    plan.delete()


def test_an_application_changes_state_and_plan(account: Account, application: Application) -> None:
    client, key = account.applications, application.entity_id
    client.suspend(key)
    assert client.fetch(key)["state"] == "suspended"
    client.resume(key)
    other = application.service.app_plans.create({"name": "Other", "approval_required": True})
    assert client.change_plan(key, other["id"])["application_plan"]["id"] == other["id"]
    own = client.customize_plan(key)["application_plan"]
    assert own["custom"] is True
    assert client.decustomize_plan(key)["application_plan"]["id"] == other["id"]
    waiting = client.create({"name": "Waiting", "plan_id": other["id"]})
    assert waiting["state"] == "pending"
    client.accept(waiting.entity_id)
    assert client.fetch(waiting.entity_id)["state"] == "live"
    waiting.delete()


def test_keys_are_listed_and_removed(application: Application) -> None:
    key = application.keys.create({"key": "own-calls/1"})
    assert [each["value"] for each in application.keys.list()] == ["own-calls/1"]
    key.delete()
    assert application.keys.list() == []


def test_users_of_the_portal(api: ThreeScaleClient, service: Service) -> None:
    users = api.provider_account_users
    user = users.create(
        {"username": "own-calls", "email": "own@example.com", "password": "a long password"}
    )
    assert users.activate(user.entity_id)["state"] == "active"
    assert user.set_role_admin()["role"] == "admin"
    assert "portal" in user.permissions_read()["permissions"]["allowed_sections"]
    assert user.set_role_member()["role"] == "member"
    permissions = user.permissions_update()["permissions"]
    assert (permissions["allowed_sections"], permissions["allowed_service_ids"]) == ([], [])
    permissions = user.permissions_update(
        allowed_services=[service["id"]], allowed_sections=["portal"]
    )["permissions"]
    assert permissions["allowed_sections"] == ["portal"]
    assert permissions["allowed_service_ids"] == [service["id"]]
    assert len(user.allow_all_sections()["permissions"]["allowed_sections"]) == 7
    assert user.suspend()["state"] == "suspended"
    assert user.unsuspend()["state"] == "active"
    assert user.update({"first_name": "Own"})["first_name"] == "Own"
    user.delete()
    assert not user.exists()


def test_a_token_made_by_the_client_works_and_ends_when_it_is_deleted(
    api: ThreeScaleClient,
) -> None:
    token = api.access_tokens.create(
        {"name": "own-calls", "permission": "ro", "scopes": ["account_management"]}
    )
    reader = ThreeScaleClient(api.url, token["value"])
    assert reader.services.list()
    with pytest.raises(ApiClientError) as refused:
        reader.services.create({"name": "No"})
    assert refused.value.code == 403
    token.delete()
    with pytest.raises(ApiClientError):
        reader.services.list()


def test_descriptions_of_an_api_are_listed_by_product(
    api: ThreeScaleClient, service: Service
) -> None:
    """As the Backstage plugin and others read them: `api_docs[].api_doc.service_id` and `body`."""
    doc = api.active_docs.create(
        {"name": "Own calls", "body": '{"openapi": "3.1.0"}', "service_id": service["id"]}
    )
    assert [each["id"] for each in service.active_docs.list()] == [doc["id"]]
    doc.delete()
