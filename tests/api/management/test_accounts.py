"""Accounts and their people, as the wire has them."""

from support import catalog_data as made
from support.management_site import ManagementSite

from tallygate.catalog.models import Account, Application, Developer


def test_signing_up_with_a_name_and_an_organisation_is_enough(site: ManagementSite) -> None:
    account = site.post("signup", org_name="Acme Apps", username="ada")["account"]
    assert (account["org_name"], account["state"]) == ("Acme Apps", "approved")
    assert (account["credit_card_stored"], account["annotations"]) == (False, {})
    (user,) = site.get(f"accounts/{account['id']}/users")["users"]
    assert (user["user"]["username"], user["user"]["role"]) == ("ada", "admin")
    assert site.get(f"accounts/{account['id']}/applications") == {"applications": []}


def test_signing_up_with_plans_makes_an_application_too(site: ManagementSite) -> None:
    plan = site.post("account_plans", name="Gold")["account_plan"]["id"]
    account = site.post(
        "signup",
        org_name="Acme Apps",
        username="ada",
        email="ada@example.com",
        password="correct horse",
        account_plan_id=plan,
        application_plan_id=site.plan.pk,
    )["account"]
    assert site.get(f"accounts/{account['id']}/plan")["account_plan"]["id"] == plan
    (application,) = site.get(f"accounts/{account['id']}/applications")["applications"]
    assert application["application"]["name"] == "API signup"
    (user,) = site.get(f"accounts/{account['id']}/users")["users"]
    assert user["user"]["state"] == "active"
    assert "password" not in user["user"]


def test_a_signup_with_something_wrong_makes_nothing(site: ManagementSite) -> None:
    before = Account.objects.count()
    assert site.refused("POST", "signup") == {
        "org_name": ["can't be blank"],
        "username": ["can't be blank"],
    }
    assert site.refused("POST", "signup", org_name="A", username="dev") == {
        "username": ["has already been taken"]
    }
    assert site.refused("POST", "signup", org_name="A", username="ada", password="12345") == {
        "password": ["is too short (minimum is 6 characters)"]
    }
    assert Account.objects.count() == before


def test_an_account_is_found_by_one_of_its_users(site: ManagementSite) -> None:
    """Parameters may stand in the query and in the body of a GET."""
    developer = Developer.objects.get()
    developer.email = "dev@example.com"
    developer.save()
    for given in (
        {"username": "dev"},
        {"email": "dev@example.com"},
        {"user_id": developer.pk},
        {"user_id": str(developer.pk), "username": None},
    ):
        found = site.json("GET", "accounts/find", given)["account"]
        assert found["id"] == site.ids["account_id"], given
    answer = site.client.get(
        "/admin/api/accounts/find.json", {"access_token": site.token, "username": "dev"}
    )
    assert answer.status_code == 200
    for given in ({}, {"username": "nobody"}, {"username": "nobody", "email": "dev@example.com"}):
        assert site.refused("GET", "accounts/find", 404, **given) == {"status": "Not found"}


def test_accounts_are_listed_by_state_and_go_through_their_states(site: ManagementSite) -> None:
    path = f"accounts/{site.ids['account_id']}"
    assert site.put(f"{path}/make_pending")["account"]["state"] == "pending"
    assert len(site.json("GET", "accounts", {"state": "pending"})["accounts"]) == 1
    assert site.json("GET", "accounts", {"state": "approved"})["accounts"] == []
    assert site.put(f"{path}/reject")["account"]["state"] == "rejected"
    assert site.put(f"{path}/approve")["account"]["state"] == "approved"
    assert site.refused("PUT", f"{path}/approve") == {"state": ['cannot transition via "approve"']}
    assert site.put(f"{path}/suspend")["account"]["state"] == "suspended"
    assert site.put(f"{path}/resume")["account"]["state"] == "approved"


def test_an_account_is_changed_and_deleted_with_all_it_has(site: ManagementSite) -> None:
    path = f"accounts/{site.ids['account_id']}"
    whole = site.get(path)["account"]
    changed = site.put(path, **{**whole, "org_name": "Renamed", "monthly_billing_enabled": False})
    assert changed["account"]["org_name"] == "Renamed"
    assert changed["account"]["monthly_billing_enabled"] is False
    gold = site.post("account_plans", name="Gold")["account_plan"]
    assert site.put(f"{path}/change_plan", plan_id=gold["id"])["account_plan"]["name"] == "Gold"
    site.delete(path)
    assert site.json("GET", path, status=404) == {"status": "Not found"}
    assert not Application.objects.exists()
    assert not Developer.objects.exists()


def test_an_account_in_xml_holds_its_plan_and_its_users(site: ManagementSite) -> None:
    account = site.xml(f"accounts/{site.ids['account_id']}")
    assert account.findtext("plans/plan/name") == "Default"
    assert account.findtext("users/user/username") == "dev"
    assert account.findtext("users/user/account_id") == str(site.ids["account_id"])
    assert account.findtext("credit_card_stored") == "false"


def test_users_of_an_account_have_states_and_roles(site: ManagementSite) -> None:
    path = f"accounts/{site.ids['account_id']}/users"
    user = site.post(path, username="ada", email="ada@example.com", password="secret1")["user"]
    assert (user["state"], user["role"], user["email"]) == ("pending", "member", "ada@example.com")
    assert Developer.objects.get(pk=user["id"]).check_password("secret1")
    each = f"{path}/{user['id']}"
    assert site.put(f"{each}/activate")["user"]["state"] == "active"
    assert site.put(f"{each}/suspend")["user"]["state"] == "suspended"
    assert site.put(f"{each}/unsuspend")["user"]["state"] == "active"
    assert site.put(f"{each}/admin")["user"]["role"] == "admin"
    assert len(site.json("GET", path, {"role": "admin"})["users"]) == 1
    assert len(site.json("GET", path, {"state": "pending"})["users"]) == 1
    assert site.put(f"{each}/member")["user"]["role"] == "member"
    whole = {**user, "username": "eve", "role": "admin", "state": "suspended"}
    changed = site.put(each, **whole)["user"]
    assert (changed["username"], changed["role"], changed["state"]) == ("eve", "member", "active")
    site.delete(each)
    assert site.json("GET", each, status=404)


def test_wrong_users_are_told(site: ManagementSite) -> None:
    path = f"accounts/{site.ids['account_id']}/users"
    assert site.refused("POST", path, username="a", email="nonsense", password="12345") == {
        "email": ["must be an e-mail address"],
        "password": ["is too short (minimum is 6 characters)"],
        "username": [
            "use only letters, numbers, and .-_@ please.",
            "is too short (minimum is 3 characters)",
        ],
    }


def test_users_of_other_accounts_are_not_found_here(site: ManagementSite) -> None:
    other = Account.objects.create(provider=site.provider, org_name="Other")
    made.application(site.plan, account=other)
    assert site.json("GET", f"accounts/{other.pk}/users/{site.ids['developer_id']}", status=404)
    assert site.json(
        "GET", f"accounts/{other.pk}/applications/{site.application.pk}", status=404
    ) == {"status": "Not found"}
