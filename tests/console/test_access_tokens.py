"""The pages of one's own access tokens."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.models import AccessToken, User

GOOD = {"name": "Script", "scopes": ["account_management", "stats"], "permission": "rw"}


def value_on(page):
    return re.search(r"<pre[^>]*>([0-9a-f]{96})</pre>", page.content.decode())[1]


def now(portal):
    return datetime.fromtimestamp(portal.clock.now_s(), UTC)


def test_a_token_is_shown_once_and_works(portal):
    answer = portal.client.post("/tokens/new", GOOD)
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    value = value_on(answer)
    token = AccessToken.find(value, now(portal))
    assert (token.user.username, token.name, token.permission) == ("admin", "Script", "rw")
    assert (token.scopes, token.expires_at) == (["account_management", "stats"], None)
    assert record_of_changes()[0] == ("admin", "portal", "create", "accesstoken")
    assert portal.get(f"/admin/api/services.json?access_token={value}").status_code == 200
    assert value not in portal.get("/tokens").content.decode()


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"name": ""}, "name", "can't be blank"),
        ({"scopes": []}, "scopes", "can't be blank"),
        ({"permission": ""}, "permission", "can't be blank"),
        ({"permission": "admin"}, "permission", "is invalid"),
        ({"expires_at": "nonsense"}, "expires_at", "is no date and time"),
        ({"expires_at": "2015-05-18T12:00"}, "expires_at", "must be in the future"),
        ({"expires_at": "2015-05-18T10:05"}, "expires_at", "must be in the future"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_no_token_is_made(portal, given, field, said):
    portal.product.provider.time_zone = "UTC"
    before = AccessToken.objects.count()
    if given.get("expires_at") == "2015-05-18T12:00":
        portal.clock.set((portal.clock.now_s() + 86_400) * 1000)
    answer = portal.client.post("/tokens/new", GOOD | given)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [said]
    assert AccessToken.objects.count() == before
    assert "<pre" not in answer.content.decode().split('id="form"')[1]


def test_a_token_expires_at_a_time_of_the_providers_zone(portal):
    provider = portal.product.provider
    provider.time_zone = "Europe/Madrid"
    provider.save()
    portal.client.post("/tokens/new", GOOD | {"expires_at": "2015-06-01T12:00"})
    token = AccessToken.objects.get(name="Script")
    assert token.expires_at == datetime(2015, 6, 1, 10, tzinfo=UTC)
    assert b"1 Jun 2015, 12:00" in portal.get("/tokens").content


def test_an_expired_token_is_told_from_others(portal):
    user = User.objects.get(username="admin")
    AccessToken.issue(user, "Old", ["stats"], "ro", now(portal) - timedelta(seconds=1))
    page = portal.get("/tokens").content.decode()
    assert page.count(">Expired</span>") == 1


def test_scopes_that_do_not_work_for_oneself_say_so(portal):
    page = member(portal, "monitoring").get("/tokens/new").content.decode()
    assert "Account Management API: works once you have the section partners" in page
    assert "Analytics API: works" not in page
    assert "works once" not in portal.get("/tokens/new").content.decode()


def test_a_token_is_deleted_after_asking_and_stops_to_work(portal):
    value = value_on(portal.client.post("/tokens/new", GOOD))
    token = AccessToken.objects.get(name="Script")
    path = f"/tokens/{token.pk}/delete"
    assert b"The next call with it is refused" in portal.get(path).content
    assert portal.client.post(path)["Location"] == "/tokens"
    assert portal.get(f"/admin/api/services.json?access_token={value}").status_code == 403


def test_tokens_of_others_are_nowhere(portal):
    token_of("admin")
    client = member(portal)
    assert b"You have no access token" in client.get("/tokens").content
    theirs = AccessToken.objects.filter(user__username="admin").first()
    assert client.post(f"/tokens/{theirs.pk}/delete").status_code == 404


def test_the_commands_of_tokens_do_what_the_pages_do(portal):
    token = token_of("admin")
    (command,) = commands(portal.get("/tokens"))
    assert run(command, token).status_code == 200
    expires = (now(portal) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    form = GOOD | {"expires_at": expires, "as_curl": "1"}
    (command,) = commands(portal.client.post("/tokens/new", form))
    assert run(command, token).status_code == 201
    made = AccessToken.objects.get(name="Script")
    assert made.expires_at.strftime("%Y-%m-%dT%H:%M") == expires
    (command,) = commands(portal.get(f"/tokens/{made.pk}/delete"))
    assert run(command, token).status_code == 200
