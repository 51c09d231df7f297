"""The pages of the portal's own users, and the links with which they set their passwords."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, member, record_of_changes, run, statements, token_of

from tallygate.catalog.models import AccessToken, AuditEntry, User

GOOD = {"username": "maria", "email": "maria@example.com", "role": "member", "which": "all"}
PASSWORD = "correct horse battery"


def user(portal, username="maria", **values):
    given = {"email": f"{username}@example.com", **values}
    return User.objects.create_user(portal.product.provider, username, PASSWORD, **given)


def invitation(portal, of):
    """The path of a new link."""
    page = portal.client.post(f"/users/{of.pk}/invitation").content.decode()
    return re.search(r"http://testserver(/welcome/[\w/-]+)", page)[1]


def test_a_user_is_created_with_what_they_may_do_and_without_a_password(portal):
    form = GOOD | {"allowed_sections": ["plans", "monitoring"], "which": "some", "allowed_products": [portal.product.pk]}  # fmt: skip
    answer = portal.client.post("/users/new", form)
    made = User.objects.get(username="maria")
    assert answer["Location"] == f"/users/{made.pk}"
    assert (made.role, made.state) == ("member", "pending")
    assert made.allowed_sections == ["plans", "monitoring"]
    assert made.allowed_product_ids == [portal.product.pk]
    assert not made.has_usable_password()
    assert record_of_changes()[0] == ("admin", "portal", "create", "user")


def test_what_is_wrong_with_a_user_stands_beside_its_field(portal):
    user(portal)
    answer = portal.client.post("/users/new", GOOD | {"role": "", "allowed_sections": ["nonsense"]})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "username": ["has already been taken"], "email": ["has already been taken"],
        "role": ["can't be blank"],
        "allowed_sections": ["is invalid"],
    }  # fmt: skip
    errors = portal.client.post("/users/new").context["form"].errors
    assert errors["username"] == errors["email"] == ["can't be blank"]


@pytest.mark.parametrize(
    ("which", "chosen", "expected"), [("all", False, None), ("some", False, []), ("some", True, [1])]
)  # fmt: skip
def test_products_are_all_none_or_those_that_are_chosen(portal, which, chosen, expected):
    made = user(portal, allowed_product_ids=[portal.product.pk])
    form = GOOD | {"which": which, "allowed_products": [portal.product.pk] if chosen else []}
    portal.client.post(f"/users/{made.pk}", form)
    made.refresh_from_db()
    assert made.allowed_product_ids == (expected if not expected else [portal.product.pk])


def test_products_of_another_provider_cannot_be_chosen(portal):
    theirs = make_product(make_provider(name="Other"))
    form = GOOD | {"which": "some", "allowed_products": [theirs.pk]}
    answer = portal.client.post("/users/new", form)
    assert "allowed_products" in answer.context["form"].errors
    assert not User.objects.filter(username="maria").exists()


def test_the_form_shows_what_the_user_may_do(portal):
    made = user(portal, allowed_sections=["plans"], allowed_product_ids=[portal.product.pk])
    page = portal.get(f"/users/{made.pk}").content.decode()
    checked = re.findall(
        r'<input type="(?:radio|checkbox)" name="(\w+)" value="(\w+)"[^>]* checked', page
    )
    assert checked == [
        ("role", "member"), ("allowed_sections", "plans"), ("which", "some"),
        ("allowed_products", str(portal.product.pk)),
    ]  # fmt: skip


def test_what_a_user_may_do_holds_for_their_next_page(portal):
    made = user(portal, allowed_sections=["plans"])
    client = Client()
    portal.sign_in(client, username="maria", password=PASSWORD)
    assert client.get("/accounts").status_code == 403
    portal.client.post(f"/users/{made.pk}", GOOD | {"allowed_sections": ["partners"]})
    assert client.get("/accounts").status_code == 200
    portal.client.post(f"/users/{made.pk}/suspend")
    assert client.get("/accounts").status_code != 200


def test_the_last_admin_stays_one(portal):
    admin = User.objects.get(username="admin")
    admin.email = "admin@example.com"
    admin.save()
    form = {"username": "admin", "email": "admin@example.com", "role": "member", "which": "all"}
    answer = portal.client.post(f"/users/{admin.pk}", form)
    assert answer.context["form"].errors["role"] == ["the last active admin must stay one"]
    answer = portal.client.post(f"/users/{admin.pk}/suspend")
    assert b"the last active admin must stay one" in portal.get(answer["Location"]).content
    page = portal.get(f"/users/{admin.pk}/delete").content.decode()
    assert "You cannot delete yourself." in page
    assert '<button class="button danger">' not in page
    assert portal.client.post(f"/users/{admin.pk}/delete").status_code == 409
    assert User.objects.filter(pk=admin.pk).exists()


def test_nobody_deletes_themselves_although_there_is_another_admin(portal):
    user(portal, role="admin")
    admin = User.objects.get(username="admin")
    assert portal.client.post(f"/users/{admin.pk}/delete").status_code == 409
    assert User.objects.filter(pk=admin.pk).exists()


def test_deleting_a_user_says_what_goes_along(portal):
    made = user(portal)
    AccessToken.issue(made, "test", ["stats"], "ro")
    path = f"/users/{made.pk}/delete"
    assert b"1 access token" in portal.get(path).content
    assert portal.client.post(path)["Location"] == "/users"
    assert not User.objects.filter(pk=made.pk).exists()


def test_users_are_searched_and_narrowed_down(portal):
    user(portal, "maria", first_name="Mary", role="admin")
    user(portal, "omar", state="suspended")

    def found(**query):
        return [each.username for each in portal.get("/users", **query).context["listing"].rows]

    assert found() == ["admin", "maria", "omar"]
    assert found(q="mary") == ["maria"]
    assert found(role="member") == found(state="suspended") == ["omar"]


def test_the_list_asks_as_often_however_many_users_there_are(portal):
    few = statements(portal, "/users")
    for number in range(10):
        user(portal, f"user{number}", allowed_product_ids=[portal.product.pk])
    assert statements(portal, "/users") == few


def test_users_are_for_admins_and_those_of_other_providers_are_not_found(portal):
    everything = member(portal, "plans", "partners", "monitoring", "settings", "portal")
    for path in ("/users", "/users/new", "/users/1"):
        assert everything.get(path).status_code == 403
    stranger = User.objects.create_user(make_provider(name="Other"), "stranger", PASSWORD)
    for path in ("", "/delete"):
        assert portal.get(f"/users/{stranger.pk}{path}").status_code == 404
    for path in ("suspend", "invitation"):
        assert portal.client.post(f"/users/{stranger.pk}/{path}").status_code == 404


def test_the_commands_of_users_do_what_the_pages_do(portal):
    token = token_of("admin")
    (command,) = commands(portal.get("/users"))
    assert run(command, token).status_code == 200
    form = GOOD | {"as_curl": "1", "role": "admin", "allowed_sections": ["plans"]}
    first, second = commands(portal.client.post("/users/new", form))
    made = run(first, token)
    assert made.status_code == 201
    found = User.objects.get(username="maria")
    assert run(second.replace("USER_ID", str(found.pk)), token).status_code == 200
    form = GOOD | {
        "as_curl": "1", "first_name": "Mary", "allowed_sections": ["partners"],
        "which": "some", "allowed_products": [portal.product.pk],
    }  # fmt: skip
    for command in commands(portal.client.post(f"/users/{found.pk}", form)):
        assert run(command, token).status_code == 200, command
    found.refresh_from_db()
    assert (found.first_name, found.role) == ("Mary", "member")
    assert (found.allowed_sections, found.allowed_product_ids) == (
        ["partners"],
        [portal.product.pk],
    )
    form |= {"which": "all"}
    for command in commands(portal.client.post(f"/users/{found.pk}", form)):
        assert run(command, token).status_code == 200, command
    found.refresh_from_db()
    assert found.allowed_product_ids is None
    (command,) = commands(portal.get(f"/users/{found.pk}/delete"))
    assert run(command, token).status_code == 200
    assert not User.objects.filter(pk=found.pk).exists()


# Invitations


def test_an_invited_user_sets_a_password_and_is_signed_in(portal):
    made = user(portal, state="pending", allowed_sections=["partners"])
    path = invitation(portal, made)
    client = Client()
    assert client.get(path).status_code == 200
    answer = client.post(path, {"password": "another horse battery"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    made.refresh_from_db()
    assert made.state == "active"
    assert made.check_password("another horse battery")
    assert client.get("/accounts").status_code == 200
    entry = AuditEntry.objects.filter(kind="user").first()
    assert (entry.actor_name, entry.after["state"], entry.after["password"]) == ("maria", "active", "…")  # fmt: skip


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "can&#x27;t be blank"),
        ("short", "at least 12 characters"),
        ("maria@example.com", "too similar"),
        ("1qaz2wsx3edc", "too common"),
    ],
)
def test_a_password_that_is_no_good_is_refused(portal, password, said):
    made = user(portal, state="pending")
    path = invitation(portal, made)
    answer = Client().post(path, {"password": password})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    made.refresh_from_db()
    assert (made.state, made.check_password(PASSWORD)) == ("pending", True)


def test_a_link_works_once(portal):
    made = user(portal)
    path = invitation(portal, made)
    assert Client().post(path, {"password": "another horse battery"}).status_code == 302
    answer = Client().post(path, {"password": "a third horse battery"})
    assert answer.status_code == 404
    assert b"This link does not work any more" in answer.content
    made.refresh_from_db()
    assert made.check_password("another horse battery")


def test_a_link_ends_after_a_few_days(portal, monkeypatch):
    path = invitation(portal, user(portal))
    now = default_token_generator._now()
    monkeypatch.setattr(default_token_generator, "_now", lambda: now + timedelta(days=2, hours=23))
    assert Client().get(path).status_code == 200
    monkeypatch.setattr(default_token_generator, "_now", lambda: now + timedelta(days=3, minutes=1))
    assert Client().get(path).status_code == 404


def test_a_link_is_for_one_user_and_not_for_a_suspended_one(portal):
    made, other = user(portal), user(portal, "omar")
    path = invitation(portal, made)
    assert Client().get(path.replace(f"/{made.pk}/", f"/{other.pk}/")).status_code == 404
    assert Client().get(f"{path}x").status_code == 404
    assert Client().get("/welcome/999/x-y").status_code == 404
    made.go("suspend")
    assert Client().get(path).status_code == 404


def test_no_cache_keeps_a_link(portal):
    made = user(portal)
    shown = portal.client.post(f"/users/{made.pk}/invitation")
    assert "no-store" in shown["Cache-Control"]
    page = Client().get(invitation(portal, made))
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"
