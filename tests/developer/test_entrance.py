"""How developers come in, and that nobody else does."""

from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from support.portal_site import PASSWORD, person

from tallygate.catalog.models import AuditEntry, Developer, Provider
from tallygate.catalog.sign_in import PER_USERNAME
from tallygate.developer.sessions import COOKIE


def test_the_only_providers_portal_is_at_the_root(site):
    assert site.client.get("/developer")["Location"] == site.url("home")
    assert site.get("home")["Location"] == site.url("applications")
    Provider.objects.create(name="Another")
    assert site.client.get("/developer").status_code == 404


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page_and_back(site):
    client = site.browser()
    wanted = site.url("application", site.application.pk)
    answer = client.get(wanted)
    assert answer["Location"] == f"{site.url('sign-in')}?{urlencode({'next': wanted})}"
    fields = {"username": "anna@a.example", "password": PASSWORD, "next": wanted}
    assert client.post(site.url("sign-in"), fields)["Location"] == wanted


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/products", "\0"])
def test_nobody_is_sent_out_of_the_portal_after_signing_in(site, target):
    fields = {"username": "anna", "password": PASSWORD, "next": target}
    assert site.browser().post(site.url("sign-in"), fields)["Location"] == site.url("home")


def test_a_wrong_password_is_401_and_too_many_are_429(site):
    client = site.browser()
    for _ in range(PER_USERNAME):
        assert site.sign_in(client, "anna", "wrong").status_code == 401
    answer = site.sign_in(client, "anna")
    assert (answer.status_code, int(answer["Retry-After"]) > 0) == (429, True)


def test_who_waits_for_approval_is_told_so(site):
    site.switch(site.developer.account, state="pending")
    answer = site.sign_in(site.browser())
    assert answer.status_code == 401
    assert "waits until the provider approves" in answer.content.decode()


def test_signing_out_ends_the_session(site):
    cookie = site.client.cookies[COOKIE].value
    assert site.post("sign-out").status_code == 302
    old = site.browser()
    old.cookies[COOKIE] = cookie
    assert old.get(site.url("applications")).status_code == 302


@pytest.mark.parametrize("what", ["password", "state", "account"])
def test_a_session_ends_with_the_password_and_with_the_right_to_sign_in(site, what):
    developer = Developer.objects.get(pk=site.developer.pk)
    if what == "password":
        developer.set_password("another long password")
        developer.save()
    else:
        site.switch(developer if what == "state" else developer.account, state="suspended")
    assert site.get("applications").status_code == 302


def test_the_cookie_is_sent_to_the_developer_portal_only(site):
    cookie = site.client.cookies[COOKIE]
    assert cookie["path"] == "/developer"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert django_settings.SESSION_COOKIE_NAME not in site.client.cookies


def test_a_session_of_one_portal_is_none_in_the_other_whoever_moves_cookies_about(site):
    admin = Client(raise_request_exception=False)
    fields = {"username": "admin", "password": PASSWORD}
    assert admin.post("/login", fields).status_code == 302
    name = django_settings.SESSION_COOKIE_NAME
    both = site.browser()
    for cookie in (name, COOKIE):
        both.cookies[cookie] = admin.cookies[name].value
    assert both.get(site.url("applications")).status_code == 302
    for cookie in (name, COOKIE):
        both.cookies[cookie] = site.client.cookies[COOKIE].value
    assert both.get("/products").status_code == 302
    assert both.get(site.url("applications")).status_code == 200


def test_both_sessions_live_beside_each_other_in_one_browser(site):
    fields = {"username": "admin", "password": PASSWORD}
    assert site.client.post("/login", fields).status_code == 302
    assert site.client.get("/products").status_code == 200
    assert site.get("applications").status_code == 200
    site.post("sign-out")
    assert site.client.get("/products").status_code == 200
    assert site.get("applications").status_code == 302


def test_a_session_with_one_provider_is_none_with_another(site):
    other = Provider.objects.create(name="Other", site_access_code="")
    answer = site.client.get(f"/developer/{other.pk}/applications")
    assert answer["Location"].startswith(f"/developer/{other.pk}/sign-in")
    assert site.client.get("/developer/999/applications").status_code == 404


def test_a_suspended_provider_has_no_portal(site):
    site.switch(site.provider, state="suspended")
    assert site.get("applications").status_code == 404
    assert site.browser().get(site.url("sign-in")).status_code == 404


def test_a_portal_that_is_not_public_asks_for_its_code(site):
    site.switch(site.provider, site_access_code="s3cret")
    assert site.get("applications").status_code == 200, "who is in already stays"
    client = site.browser()
    for page in ("sign-in", "sign-up"):
        assert client.get(site.url(page))["Location"].startswith(site.url("open"))
        assert client.post(site.url(page), {"username": "x"})["Location"].startswith(
            site.url("open")
        )
    assert client.post(site.url("open"), {"code": "wrong"}).status_code == 422
    assert client.get(site.url("sign-in")).status_code == 302
    answer = client.post(site.url("open"), {"code": "s3cret", "next": site.url("sign-in")})
    assert answer["Location"] == site.url("sign-in")
    assert client.get(site.url("sign-in")).status_code == 200
    site.switch(site.provider, site_access_code="an0ther")
    assert client.get(site.url("sign-in")).status_code == 302


def test_codes_are_tried_so_often_only(site):
    site.switch(site.provider, site_access_code="s3cret")
    client = site.browser()
    answers = [client.post(site.url("open"), {"code": "wrong"}).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]


SIGN_UP = {
    "org_name": "Newcomers",
    "username": "nina",
    "email": "nina@new.example",
    "password": PASSWORD,
}


def test_an_open_portal_lets_in_whoever_signs_up(site):
    client = site.browser()
    assert client.post(site.url("sign-up"), SIGN_UP)["Location"] == site.url("home")
    assert client.get(site.url("applications")).status_code == 200
    nina = Developer.objects.get(username="nina")
    assert (nina.account.org_name, nina.role, nina.state) == ("Newcomers", "admin", "active")
    entry = AuditEntry.objects.get(kind="account")
    assert (entry.actor_name, entry.via) == ("nina of Newcomers", "developer portal")


def test_with_approval_the_account_waits_and_approving_it_is_enough(site):
    plan = site.provider.account_plan_for_new()
    site.switch(plan, approval_required=True)
    client = site.browser()
    answer = client.post(site.url("sign-up"), SIGN_UP)
    assert answer.status_code == 202
    assert site.sign_in(client, "nina").status_code == 401
    Developer.objects.get(username="nina").account.go("approve")
    assert site.sign_in(client, "nina").status_code == 302


def test_where_nobody_may_sign_up_there_is_no_such_page(site):
    site.switch(site.provider.settings, signups_enabled=False)
    client = site.browser()
    assert client.get(site.url("sign-up")).status_code == 404
    assert client.post(site.url("sign-up"), SIGN_UP).status_code == 404
    assert "Create an account" not in client.get(site.url("sign-in")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"username": "anna"}, "User name has already been taken"),
        ({"username": "a"}, "too short"),
        ({"email": "none"}, "valid email address"),
        ({"org_name": ""}, "blank"),
        ({"password": "short"}, "too short"),
        ({"org_name": "\0"}, "ull characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(site, wrong, said):
    answer = site.browser().post(site.url("sign-up"), SIGN_UP | wrong)
    assert answer.status_code == 422
    assert Developer.objects.count() == 2
    assert said in answer.content.decode()
    assert "Newcomers" in answer.content.decode() or "org_name" in wrong


def test_a_provider_may_ask_for_strong_passwords(site):
    site.switch(site.provider.settings, strong_passwords_enabled=True)
    weak = SIGN_UP | {"password": "password1234"}
    assert site.browser().post(site.url("sign-up"), weak).status_code == 422
    assert site.browser().post(site.url("sign-up"), SIGN_UP).status_code == 302


def test_forms_to_sign_up_are_sent_so_often_only(site):
    client = site.browser()
    answers = [client.post(site.url("sign-up"), {}).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]


def test_a_form_of_another_site_changes_nothing(site):
    client = site.browser(enforce_csrf_checks=True)
    client.cookies = site.client.cookies
    for name in ("sign-in", "sign-up", "sign-out", "account-edit", "invite", "application-new"):
        assert client.post(site.url(name), {"org_name": "Mine"}).status_code == 403, name


def test_a_link_lets_somebody_set_their_password_once(site):
    answer = site.post("invite", username="otto", email="otto@a.example")
    otto = Developer.objects.get(username="otto")
    assert (otto.state, otto.account, otto.role) == ("pending", site.developer.account, "member")
    assert answer["Location"] == site.url("person-link", otto.pk)
    page = site.client.get(answer["Location"]).content.decode()
    link = next(
        part for part in page.replace("<", " ").replace(">", " ").split() if "/welcome/" in part
    )
    client = site.browser()
    assert client.get(link).status_code == 200
    assert client.post(link, {"password": "short"}).status_code == 422
    assert client.post(link, {"password": PASSWORD})["Location"] == site.url("home")
    assert client.get(site.url("applications")).status_code == 200
    assert client.get(link).status_code == 404
    assert client.post(link, {"password": "another password"}).status_code == 404
    assert site.sign_in(site.browser(), "otto").status_code == 302


def test_a_link_of_one_is_none_of_another(site):
    otto, oda = (person(site.developer.account, name) for name in ("otto", "oda"))
    page = site.get("person-link", otto.pk).content.decode()
    token = page.partition("/welcome/")[2].partition("<")[0].split("/")[1]
    assert site.browser().get(site.url("welcome", otto.pk, token)).status_code == 200
    assert site.browser().get(site.url("welcome", oda.pk, token)).status_code == 404
    otto.go("suspend")
    assert site.browser().get(site.url("welcome", otto.pk, token)).status_code == 404


def test_an_own_password_is_changed_by_whoever_knows_the_present_one(site):
    wrong = site.post("own-password", current="wrong", password="another password")
    assert (wrong.status_code, "is another one" in wrong.content.decode()) == (422, True)
    elsewhere = site.browser("anna")
    assert (
        site.post("own-password", current=PASSWORD, password="another password").status_code == 302
    )
    assert site.get("applications").status_code == 200
    assert elsewhere.get(site.url("applications")).status_code == 302
    assert site.sign_in(site.browser(), "anna", "another password").status_code == 302
