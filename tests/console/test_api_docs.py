"""The documentation of the APIs: pages for everybody, credentials for who asks and may have them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import member, record_of_changes, token_of

from tallygate.api.openapi.documents import DOCUMENTS
from tallygate.catalog.models import AccessToken, Application
from tallygate.console.first_call import credentials

CREDENTIALS = "/api-docs/service-management/credentials"


def test_the_list_leads_to_every_document_and_its_files(portal):
    page = portal.get("/api-docs").content.decode()
    for name, document in DOCUMENTS.items():
        assert document.title in page
        for path in (f"/api-docs/{name}", f"/api-docs/{name}.json", f"/api-docs/{name}.yaml"):
            assert f'href="{path}' in page
            assert portal.get(path).status_code == 200


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_page_holds_no_credentials(portal, name):
    """They are fetched when somebody asks for them."""
    page = portal.get(f"/api-docs/{name}").content.decode()
    secrets = {
        portal.ids["product"]["service_token"], portal.ids["application"]["user_key"],
        portal.ids["access_token"], portal.ids["provider"]["provider_key"],
    }  # fmt: skip
    assert not [secret for secret in secrets if secret in page]


def test_unknown_documents_are_not_found(portal):
    assert portal.get("/api-docs/nothing").status_code == 404
    assert portal.client.post("/api-docs/nothing/token", {"permission": "ro"}).status_code == 404
    assert portal.client.post("/api-docs/internal/token", {"permission": "ro"}).status_code == 404


def test_a_page_may_call_the_listener_only_where_its_document_is_about_it(portal):
    def connect(name: str) -> str:
        policy = portal.get(f"/api-docs/{name}")["Content-Security-Policy"]
        return re.search("connect-src ([^;]*)", policy)[1]

    assert connect("service-management") == "'self' http://127.0.0.1:3001"
    assert connect("account-management") == connect("analytics") == "'self'"


@pytest.mark.parametrize("name", ["account-management", "analytics"])
def test_a_token_to_try_an_api_out_is_for_it_alone_and_ends_in_an_hour(portal, name):
    answer = portal.client.post(f"/api-docs/{name}/token", {"permission": "ro"})
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    now = datetime.fromtimestamp(portal.clock.now_s(), UTC)
    token = AccessToken.find(answer.json()["value"], now)
    assert token.user.username == "admin"
    assert token.permission == "ro"
    assert token.scopes == [{"analytics": "stats"}.get(name, "account_management")]
    assert token.expires_at == now + timedelta(hours=1)
    assert record_of_changes()[0] == ("admin", "portal", "create", "accesstoken")


def test_a_new_token_ends_the_one_before_it_and_no_other(portal):
    own = token_of("admin")
    first, second = (
        portal.client.post("/api-docs/analytics/token", {"permission": "rw"}).json()["value"]
        for _ in range(2)
    )
    now = datetime.fromtimestamp(portal.clock.now_s(), UTC)
    assert AccessToken.find(first, now) is None
    assert AccessToken.find(second, now) is not None
    assert AccessToken.find(own, now) is not None


@pytest.mark.parametrize("permission", ["", "admin", "\0"])
def test_an_unknown_permission_makes_no_token(portal, permission):
    before = AccessToken.objects.count()
    answer = portal.client.post("/api-docs/analytics/token", {"permission": permission})
    assert answer.status_code == 422
    assert AccessToken.objects.count() == before


def test_who_may_not_call_an_api_is_told_so(portal):
    page = member(portal, "plans").get("/api-docs/analytics").content.decode()
    assert "lacks the section <code>monitoring</code>" in page
    assert "data-try" not in page.replace("data-try-said", "")
    assert b"lacks" not in portal.get("/api-docs/analytics").content


def test_the_credentials_of_a_product_are_those_with_which_it_is_called(portal):
    answer = portal.client.post(CREDENTIALS, {"product": portal.product.pk})
    assert "no-store" in answer["Cache-Control"]
    assert answer.json() == {
        "service_id": portal.product.service_id,
        "service_token": portal.ids["product"]["service_token"],
        "user_key": portal.ids["application"]["user_key"],
    }


def test_a_product_without_a_live_application_has_credentials_but_for_it(portal):
    Application.objects.update(state="suspended")
    assert set(credentials(portal.product)) == {"service_id", "service_token"}


def test_credentials_are_for_those_who_may_change_the_product(portal):
    """And of products that one may not see there are none, as of those that are not there."""
    stranger = make_product(make_provider(name="Other"))
    for number in (stranger.pk, 999, "x", "", "9" * 30):
        assert portal.client.post(CREDENTIALS, {"product": number}).status_code == 404
    asked = {"product": portal.product.pk}
    assert member(portal, "partners", "monitoring").post(CREDENTIALS, asked).status_code == 403
    assert member(portal, "plans", products=[]).post(CREDENTIALS, asked).status_code == 404
    assert member(portal, "plans").post(CREDENTIALS, asked).status_code == 200


def test_the_page_chooses_the_product_from_which_one_comes(portal):
    other = make_product(portal.product.provider, name="Other")
    page = portal.get("/api-docs/service-management", product=str(other.pk)).content.decode()
    assert f'<option value="{other.pk}" selected>' in page
    assert page.count(" selected>") == 1


@pytest.mark.parametrize("path", ["/api-docs", "/api-docs/analytics"])
def test_pages_are_for_those_who_are_signed_in(portal, path):
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next={path}")


@pytest.mark.parametrize("path", ["/api-docs/analytics/token", CREDENTIALS])
def test_credentials_come_to_forms_of_this_site_only(portal, path):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = portal.client.cookies
    assert strict.post(path, {"permission": "ro", "product": "1"}).status_code == 403
    assert portal.get(path).status_code == 405
