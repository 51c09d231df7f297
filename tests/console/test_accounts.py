"""The pages of developer accounts and of their users."""

import pytest
from support.catalog_data import application as make_application
from support.catalog_data import plan as make_plan
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, member, record_of_changes, run, statements, token_of

from tallygate.catalog.models import Account, AccountPlan, Application, Developer

SIGN_UP = {"org_name": "Acme", "username": "wile", "email": "wile@example.com"}


def account(portal, **values):
    provider = portal.product.provider
    return Account.objects.create(provider=provider, **{"org_name": "Consumer", **values})


def developer(of, username, **values):
    return Developer.objects.create(account=of, username=username, **values)


def names(portal, path="/accounts", **query):
    return [str(row.account) for row in portal.get(path, **query).context["listing"].rows]


def test_an_account_is_signed_up_with_its_first_user_and_recorded(portal):
    answer = portal.client.post("/accounts/new", SIGN_UP | {"password": "roadrunner"})
    made = Account.objects.get(org_name="Acme")
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/{made.pk}")
    user = made.developers.get()
    assert (user.username, user.role, user.state) == ("wile", "admin", "active")
    assert user.check_password("roadrunner")
    assert ("admin", "portal", "create", "account") in record_of_changes()
    assert b"The account was signed up" in portal.get(answer["Location"]).content


def test_an_account_is_signed_up_under_the_plans_that_are_chosen(portal):
    """The application's plan is chosen by a text that holds its number."""
    plan = make_plan(portal.product, name="Gold")
    gold = AccountPlan.objects.create(provider=portal.product.provider, name="Partners")
    chosen = {"account_plan": gold.pk, "plan": f"API: Gold ({plan.pk})"}
    portal.client.post("/accounts/new", SIGN_UP | chosen)
    made = Account.objects.get(org_name="Acme")
    assert made.plan == gold
    assert made.applications.get().plan == plan


def test_all_that_is_wrong_with_a_sign_up_is_told_at_once_and_nothing_is_made(portal):
    developer(account(portal), "taken", email="wile@example.com")
    before = Account.objects.count()
    answer = portal.client.post(
        "/accounts/new",
        {"username": "taken", "email": "wile@example.com", "password": "short", "plan": "none"},
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "org_name": ["can't be blank"],
        "username": ["has already been taken"],
        "email": ["has already been taken"],
        "password": ["is too short (minimum is 6 characters)"],
        "plan": ["is none of those that are offered"],
    }
    assert Account.objects.count() == before
    assert 'value="wile@example.com"' in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("username", "a", "is too short"),
        ("username", "a/b", "use only letters"),
        ("org_name", "x" * 256, "is too long"),
        ("email", "nonsense", "must be an e-mail address"),
        ("username", "fine", ""),
    ],
)
def test_a_sign_up_is_checked_while_one_types(portal, field, value, said):
    answer = portal.client.post("/accounts/new", SIGN_UP | {field: value, "check": field})
    assert said in answer.content.decode()
    assert bool(answer.content.strip()) == bool(said)


def test_a_plan_of_a_product_that_one_may_not_see_cannot_be_chosen(portal):
    hidden = make_plan(make_product(portal.product.provider, name="Hidden"))
    client = member(portal, "partners", products=[portal.product.pk])
    answer = client.post("/accounts/new", SIGN_UP | {"plan": f"Basic ({hidden.pk})"})
    assert answer.context["form"].errors == {"plan": ["is none of those that are offered"]}


def test_the_list_finds_accounts_by_name_and_by_each_of_their_users(portal):
    first, second = account(portal, org_name="First"), account(portal, org_name="Second")
    developer(first, "wile", email="wile@desert.example")
    developer(first, "coyote", email="coyote@desert.example")
    developer(second, "bugs", email="bugs@burrow.example")
    assert names(portal, q="sec") == ["Second"]
    assert names(portal, q="coyote") == names(portal, q="desert.example") == ["First"]
    assert names(portal, q="nobody") == names(portal, q="a\0b") == []


def test_the_list_is_narrowed_down_by_state_sorted_and_paged(portal):
    for number in range(26):
        account(portal, org_name=f"A{number:02}", state="pending" if number else "rejected")
    assert names(portal, state="rejected") == ["A00"]
    assert names(portal, state="nonsense") == names(portal)
    assert names(portal, sort="-name")[0] == "Developer"
    assert names(portal, sort="-since")[0] == "A25"
    assert len(names(portal)) == 25
    assert names(portal, page="2") == ["A25", "Developer"]


def test_the_list_asks_as_often_however_many_accounts_there_are(portal):
    made = account(portal)
    few = statements(portal, "/accounts")
    for number in range(20):
        developer(account(portal, org_name=f"B{number:02}"), f"dev{number}")
        make_application(make_plan(portal.product), account=made)
    assert statements(portal, "/accounts") == few
    assert statements(portal, f"/accounts/{made.pk}") <= few + 3


def test_a_row_counts_the_applications_that_one_may_see(portal):
    made = account(portal)
    make_application(make_plan(portal.product), account=made)
    make_application(make_plan(make_product(portal.product.provider, name="Two")), account=made)

    def count(client):
        rows = client.get("/accounts", {"q": "Consumer"}).context["listing"].rows
        return rows[0].applications

    assert count(portal.client) == 2
    assert count(member(portal, "partners", products=[portal.product.pk])) == 1


@pytest.mark.parametrize(
    ("state", "events"),
    [
        ("approved", {"reject", "suspend", "make_pending"}),
        ("pending", {"approve", "reject"}),
        ("rejected", {"approve", "make_pending"}),
        ("suspended", {"resume"}),
    ],
)
def test_buttons_are_those_that_lead_on_from_the_state(portal, state, events):
    made = account(portal, state=state)
    page = portal.get(f"/accounts/{made.pk}").content.decode()
    shown = {name for name in Account.TRANSITIONS if f'action="/accounts/{made.pk}/{name}"' in page}
    assert shown == events


def test_an_event_changes_the_state_and_is_recorded(portal):
    made = account(portal, state="pending")
    answer = portal.client.post(f"/accounts/{made.pk}/approve")
    assert answer["Location"] == f"/accounts/{made.pk}"
    made.refresh_from_db()
    assert made.state == "approved"
    assert record_of_changes()[0] == ("admin", "portal", "update", "account")
    assert b"The account is approved" in portal.get(answer["Location"]).content


def test_an_event_that_does_not_lead_on_changes_nothing_and_says_so(portal):
    made = account(portal, state="rejected")
    answer = portal.client.post(f"/accounts/{made.pk}/suspend")
    made.refresh_from_db()
    assert made.state == "rejected"
    assert b"cannot transition via &quot;suspend&quot;" in portal.get(answer["Location"]).content


def test_the_page_tells_that_applications_of_a_suspended_account_may_still_call(portal):
    made = account(portal, state="suspended")
    path = f"/accounts/{made.pk}"
    assert b"may still call" not in portal.get(path).content
    make_application(make_plan(portal.product), account=made)
    assert b"may still call" in portal.get(path).content


def test_an_account_is_changed_and_put_under_another_plan(portal):
    made = account(portal)
    gold = AccountPlan.objects.create(provider=portal.product.provider, name="Partners")
    form = {"org_name": "Renamed", "plan": gold.pk, "monthly_charging_enabled": "on"}
    answer = portal.client.post(f"/accounts/{made.pk}/edit", form)
    assert answer["Location"] == f"/accounts/{made.pk}"
    made.refresh_from_db()
    assert (made.org_name, made.plan) == ("Renamed", gold)
    assert (made.monthly_billing_enabled, made.monthly_charging_enabled) == (False, True)


def test_deleting_an_account_says_what_goes_along(portal):
    made = account(portal)
    developer(made, "wile")
    make_application(make_plan(portal.product), account=made)
    path = f"/accounts/{made.pk}/delete"
    page = portal.get(path).content.decode()
    assert "1 application" in page
    assert "1 user" in page
    assert portal.client.post(path)["Location"] == "/accounts"
    assert not Account.objects.filter(pk=made.pk).exists()
    assert not Application.objects.filter(account=made.pk).exists()


def test_only_admins_delete_accounts(portal):
    made = account(portal)
    client = member(portal, "partners")
    assert client.get(f"/accounts/{made.pk}").status_code == 200
    assert client.post(f"/accounts/{made.pk}/delete").status_code == 403
    assert b"Delete" not in client.get(f"/accounts/{made.pk}").content


def test_accounts_of_other_providers_are_not_found(portal):
    other = Account.objects.create(provider=make_provider(name="Other"), org_name="Theirs")
    someone = developer(other, "theirs")
    assert "Theirs" not in portal.get("/accounts").content.decode()
    for path in ("", "/edit", "/delete", "/users", f"/users/{someone.pk}"):
        assert portal.get(f"/accounts/{other.pk}{path}").status_code == 404
    assert portal.client.post(f"/accounts/{other.pk}/suspend").status_code == 404


def test_the_commands_of_accounts_do_what_the_pages_do(portal):
    token = token_of("admin")
    made = account(portal, state="pending")
    for command in commands(portal.get(f"/accounts/{made.pk}")):
        assert run(command, token).status_code == 200
    filled = SIGN_UP | {"as_curl": "1", "password": "roadrunner"}
    (command,) = commands(portal.client.post("/accounts/new", filled))
    assert "roadrunner" not in command
    assert run(command, token).status_code == 201
    assert Account.objects.get(org_name="Acme").developers.get().check_password("PASSWORD")
    gold = AccountPlan.objects.create(provider=portal.product.provider, name="Partners")
    filled = {"org_name": "Renamed", "plan": gold.pk, "as_curl": "1"}
    for command in commands(portal.client.post(f"/accounts/{made.pk}/edit", filled)):
        assert run(command, token).status_code == 200
    made.refresh_from_db()
    assert (made.org_name, made.plan, made.monthly_billing_enabled) == ("Renamed", gold, False)


# Users of an account


def test_a_user_of_an_account_is_created_changed_and_deleted(portal):
    made = account(portal)
    path = f"/accounts/{made.pk}/users"
    answer = portal.client.post(f"{path}/new", {"username": "wile", "password": "roadrunner"})
    user = made.developers.get()
    assert answer["Location"] == f"{path}/{user.pk}"
    assert user.state == "pending"
    assert user.check_password("roadrunner")
    portal.client.post(f"{path}/{user.pk}", {"username": "coyote", "email": "c@example.com"})
    user.refresh_from_db()
    assert (user.username, user.email) == ("coyote", "c@example.com")
    assert user.check_password("roadrunner")
    assert portal.client.post(f"{path}/{user.pk}/delete")["Location"] == path
    assert not made.developers.exists()


def test_what_is_wrong_with_a_user_stands_beside_the_field(portal):
    made = account(portal)
    developer(made, "taken")
    answer = portal.client.post(
        f"/accounts/{made.pk}/users/new", {"username": "taken", "password": "x"}
    )
    assert answer.context["form"].errors == {
        "username": ["has already been taken"],
        "password": ["is too short (minimum is 6 characters)"],
    }


def test_a_user_is_activated_suspended_let_in_again_and_made_an_admin(portal):
    user = developer(account(portal), "wile")
    for name, state, role in (
        ("activate", "active", "member"),
        ("suspend", "suspended", "member"),
        ("unsuspend", "active", "member"),
        ("admin", "active", "admin"),
        ("member", "active", "member"),
    ):
        portal.client.post(f"/accounts/{user.account_id}/users/{user.pk}/{name}")
        user.refresh_from_db()
        assert (user.state, user.role) == (state, role)


def test_the_users_of_an_account_are_searched_and_narrowed_down(portal):
    made = account(portal)
    developer(made, "wile", email="wile@example.com", role="admin", state="active")
    developer(made, "bugs", first_name="Bunny")
    path = f"/accounts/{made.pk}/users"

    def found(**query):
        return [user.username for user in portal.get(path, **query).context["listing"].rows]

    assert found() == ["bugs", "wile"]
    assert found(q="bunny") == found(role="member") == found(state="pending") == ["bugs"]


def test_a_user_of_another_account_is_not_found(portal):
    user = developer(account(portal), "wile")
    other = account(portal, org_name="Other")
    assert portal.get(f"/accounts/{other.pk}/users/{user.pk}").status_code == 404
    assert portal.client.post(f"/accounts/{other.pk}/users/{user.pk}/suspend").status_code == 404


def test_the_commands_of_users_do_what_the_pages_do(portal):
    token = token_of("admin")
    made = account(portal)
    path = f"/accounts/{made.pk}/users"
    (command,) = commands(portal.get(path))
    assert run(command, token).status_code == 200
    (command,) = commands(portal.client.post(f"{path}/new", {"username": "wile", "as_curl": "1"}))
    assert run(command, token).status_code == 201
    user = made.developers.get()
    filled = {"username": "wile", "first_name": "Wile E.", "as_curl": "1"}
    (command,) = commands(portal.client.post(f"{path}/{user.pk}", filled))
    assert run(command, token).status_code == 200
    user.refresh_from_db()
    assert user.first_name == "Wile E."
    (command,) = commands(portal.get(f"{path}/{user.pk}/delete"))
    assert run(command, token).status_code == 200
    assert not made.developers.exists()
