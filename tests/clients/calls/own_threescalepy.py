"""Round trips of threescalepy: what it authorizes and reports is what the Analytics API reads back."""

import gc
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
import ThreeScalePY
from threescale_api import ThreeScaleClient

BACKEND = {"backend_uri": os.environ["LISTENER_URL"]}
BY_TOKEN = {
    "service_id": os.environ["SERVICE_ID"],
    "service_token": os.environ["SERVICE_TOKEN"],
    **BACKEND,
}
BY_PROVIDER_KEY = {"provider_key": os.environ["PROVIDER_KEY"], **BACKEND}
USER_KEY = os.environ["USER_KEY"]
SERVICES = pytest.mark.parametrize(
    "service", [BY_TOKEN, BY_PROVIDER_KEY], ids=["token", "provider_key"]
)


@pytest.fixture(scope="module")
def api() -> ThreeScaleClient:
    environment = os.environ
    return ThreeScaleClient(
        environment["THREESCALE_PROVIDER_URL"], environment["THREESCALE_PROVIDER_TOKEN"]
    )


@pytest.fixture(scope="module")
def by_id(api: ThreeScaleClient) -> Iterator[dict[str, Any]]:
    """A product whose applications have ids and keys: what a call of one needs, and a limit of 3 a year."""
    service = api.services.create({"name": "By id", "backend_version": "2"})
    service.proxy.update(params={"api_backend": "http://echo.invalid:80"})
    plan = service.app_plans.create({"name": "Small"})
    hits = service.metrics.read_by(system_name="hits")
    plan.limits(hits).create({"period": "year", "value": 3})
    account = api.accounts.create({"org_name": "By id", "username": "by-id"})
    application = account.applications.create({"name": "By id", "plan_id": plan["id"]})
    yield {
        "service_id": str(service["id"]),
        "service_token": service.proxy.list().configs.latest()["content"][
            "backend_authentication_value"
        ],
        "app_id": application["application_id"],
        "app_key": application.keys.list()[0]["value"],
        **BACKEND,
    }
    account.delete()
    service.delete()


def total(api: ThreeScaleClient, service_id: str) -> int:
    return int(api.analytics.list_by_service(int(service_id), period="eternity")["total"])


@SERVICES
def test_authrep_with_a_user_key_counts(api: ThreeScaleClient, service: dict[str, str]) -> None:
    before = total(api, os.environ["SERVICE_ID"])
    call = ThreeScalePY.ThreeScaleAuthRepUserKey(user_key=USER_KEY, **service)
    assert call.authrep(usage={"hits": 2}, log={"code": 200})
    assert total(api, os.environ["SERVICE_ID"]) == before + 2


@SERVICES
def test_authorize_with_a_user_key_counts_nothing(
    api: ThreeScaleClient, service: dict[str, str]
) -> None:
    before = total(api, os.environ["SERVICE_ID"])
    call = ThreeScalePY.ThreeScaleAuthorizeUserKey(user_key=USER_KEY, **service)
    assert call.authorize()
    assert call.build_auth_response().get_plan() == "Basic"
    assert total(api, os.environ["SERVICE_ID"]) == before


@SERVICES
def test_reports_count_at_their_time(api: ThreeScaleClient, service: dict[str, str]) -> None:
    before = total(api, os.environ["SERVICE_ID"])
    transactions = [
        {"user_key": USER_KEY, "usage": {"hits": 1}, "timestamp": time.gmtime()},
        {"user_key": USER_KEY, "usage": {"hits": 4}},
    ]
    assert ThreeScalePY.ThreeScaleReport(**service).report(transactions)
    gc.collect()  # the client leaves its connection to the collector
    assert total(api, os.environ["SERVICE_ID"]) == before + 5


def test_calls_with_id_and_key_tell_of_their_limits(
    api: ThreeScaleClient, by_id: dict[str, Any]
) -> None:
    authorize = ThreeScalePY.ThreeScaleAuthorize(**by_id)
    assert authorize.authorize()
    (report,) = authorize.build_auth_response().get_usage_reports()
    assert (report.get_metric(), report.get_period()) == ("hits", "year")
    assert (report.get_max_value(), report.get_current_value()) == ("3", "0")
    assert report.get_start_period().endswith("-01-01 00:00:00 +0000")
    authrep = ThreeScalePY.ThreeScaleAuthRep(**by_id)
    assert authrep.authrep(usage={"hits": 3})
    assert not authrep.authrep()
    assert authrep.build_response().get_reason() == "usage limits are exceeded"
    assert not authorize.authorize()
    response = authorize.build_auth_response()
    assert response.get_reason() == "usage limits are exceeded"
    assert response.get_usage_reports()[0].get_current_value() == "3"
    assert total(api, by_id["service_id"]) == 3


def test_wrong_credentials_are_told_with_the_reason(by_id: dict[str, Any]) -> None:
    wrong_key = ThreeScalePY.ThreeScaleAuthRep(**{**by_id, "app_key": "wrong-key"})
    assert not wrong_key.authrep()
    wrong_id = ThreeScalePY.ThreeScaleAuthorize(**{**by_id, "app_id": "unknown"})
    assert not wrong_id.authorize()
    assert wrong_id.build_auth_response().get_reason() == (
        'application with id="unknown" was not found'
    )
    wrong_user = ThreeScalePY.ThreeScaleAuthRepUserKey(user_key="unknown", **BY_TOKEN)
    assert not wrong_user.authrep()
    assert wrong_user.build_response().get_reason() == 'user key "unknown" is invalid'
