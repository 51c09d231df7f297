"""The pages of applications: their list, one of them, and all that one does with it."""

import pytest
from support.catalog_data import application as make_application
from support.catalog_data import plan as make_plan
from support.catalog_data import product as make_product
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, member, record_of_changes, run, statements, token_of

from tallygate.catalog.models import Account, Application, ApplicationKey, ReferrerFilter


def application(portal, **values):
    plan = values.pop("plan", None) or make_plan(portal.product, name="Gold")
    account = values.pop("account", None) or Account.objects.get()
    return make_application(plan, account=account, **{"name": "Mobile", **values})


def by_id(portal, version="2", **values):
    """An application of a product that authenticates by id and key, without a key."""
    product = make_product(portal.product.provider, name="Two", backend_version=version)
    made = application(portal, plan=make_plan(product), **values)
    made.keys.all().delete()
    return made


def names(client, **query):
    rows = client.get("/applications", query).context["listing"].rows
    return [row.name for row in rows]


# The list


def test_the_list_has_the_newest_first_and_is_searched(portal):
    """By names, by ids, and by whole user keys."""
    first = application(portal, name="First", application_id="first-id")
    second = application(portal, name="Second", plan=first.plan, user_key="a-user-key")
    assert names(portal.client) == ["Second", "First", "Developer's App"]
    assert names(portal.client, q="sec") == ["Second"]
    assert names(portal.client, q="first-i") == ["First"]
    assert names(portal.client, q="a-user-key") == ["Second"]
    assert names(portal.client, q="a-user") == []
    assert names(portal.client, q=second.account.org_name[:4]) == names(portal.client)


def test_the_list_is_narrowed_down_by_state_product_plan_and_account(portal):
    other = Account.objects.create(provider=portal.product.provider, org_name="Other")
    two = by_id(portal, name="Two", account=other, state="suspended")
    one = application(portal, name="One", account=other)
    assert names(portal.client, state="suspended") == ["Two"]
    assert names(portal.client, product=two.product_id) == ["Two"]
    assert names(portal.client, product=one.product_id, plan=one.plan_id) == ["One"]
    assert names(portal.client, account=other.pk) == ["One", "Two"]
    assert names(portal.client, state="nonsense", product="x", plan="0", account="9" * 30) == names(
        portal.client
    )


def test_plans_are_offered_where_the_product_is_chosen(portal):
    plan = make_plan(portal.product, name="Golden plan")
    assert b"Golden plan" not in portal.get("/applications").content
    page = portal.get("/applications", product=str(portal.product.pk)).content.decode()
    assert f'<option value="{plan.pk}">Golden plan</option>' in page


def test_a_member_sees_the_applications_of_their_products(portal):
    hidden = by_id(portal, name="Hidden")
    client = member(portal, "partners", products=[portal.product.pk])
    assert names(client) == ["Developer's App"]
    for path in ("", "/edit", "/plan", "/utilization", "/delete"):
        assert client.get(f"/applications/{hidden.pk}{path}").status_code == 404
    assert client.post(f"/applications/{hidden.pk}/suspend").status_code == 404


def test_applications_of_other_providers_are_not_found(portal):
    theirs = make_application(make_plan(make_product(make_provider(name="Other"))), name="Theirs")
    assert "Theirs" not in portal.get("/applications").content.decode()
    assert portal.get(f"/applications/{theirs.pk}").status_code == 404


def test_the_list_asks_as_often_however_many_applications_there_are(portal):
    application(portal)
    few = statements(portal, "/applications")
    plan = make_plan(portal.product, name="Silver")
    for number in range(30):
        application(portal, name=f"App {number}", plan=plan)
    assert statements(portal, "/applications") == few


# Making one


def test_an_application_is_made_from_texts_that_hold_numbers(portal):
    plan, account = make_plan(portal.product, name="Gold"), Account.objects.get()
    form = {"account": f"Anything ({account.pk})", "plan": str(plan.pk), "name": "Mobile"}
    answer = portal.client.post("/applications/new", form)
    made = Application.objects.get(name="Mobile")
    assert answer["Location"] == f"/applications/{made.pk}"
    assert (made.account, made.plan, made.product) == (account, plan, portal.product)
    assert len(made.user_key) == 32
    assert record_of_changes()[0] == ("admin", "portal", "create", "application")


def test_all_that_is_missing_for_an_application_is_told_at_once(portal):
    errors = portal.client.post("/applications/new").context["form"].errors
    assert errors == {
        "account": ["can't be blank"], "plan": ["can't be blank"], "name": ["can't be blank"],
    }  # fmt: skip


def test_credentials_that_are_taken_or_wrong_stand_beside_their_fields(portal):
    there = Application.objects.get()
    form = {
        "account": str(there.account_id), "plan": str(there.plan_id), "name": "Mobile",
        "user_key": there.user_key, "application_id": "a b",
    }  # fmt: skip
    answer = portal.client.post("/applications/new", form)
    assert answer.context["form"].errors == {
        "user_key": ["has already been taken"],
        "application_id": ["must be printable ASCII without spaces", "is too short (minimum is 4 characters)"],
    }  # fmt: skip
    assert f'value="{there.account_id}"' in answer.content.decode()


def test_accounts_and_plans_that_one_may_not_see_cannot_be_chosen(portal):
    other = make_provider(name="Other")
    account = Account.objects.create(provider=other, org_name="Theirs")
    plan = make_plan(make_product(other))
    form = {"account": f"Theirs ({account.pk})", "plan": f"Basic ({plan.pk})", "name": "Mobile"}
    errors = portal.client.post("/applications/new", form).context["form"].errors
    unknown = ["is none of those that are offered"]
    assert errors["account"][0] == errors["plan"][0] == unknown[0]


def test_the_form_is_filled_in_with_what_the_address_names(portal):
    account = Account.objects.get()
    plan = portal.product.application_plans.get()
    plan.make_default()
    page = portal.get("/applications/new", account=str(account.pk), product=str(portal.product.pk))
    assert f'value="Developer ({account.pk})"' in page.content.decode()
    assert f'value="API: Basic ({plan.pk})"' in page.content.decode()
    assert portal.get("/applications/new", account="x", product="99").status_code == 200


# Lookups


def offered(client, kind, text):
    page = client.get(f"/lookups/{kind}", {kind: text})
    assert page.status_code == 200
    return [
        line.split('"')[1] for line in page.content.decode().split("<option ")[1:]
    ]  # fmt: skip


def test_accounts_are_offered_by_words_of_their_name_or_their_number(portal):
    provider = portal.product.provider
    acme = Account.objects.create(provider=provider, org_name="Acme Road Works")
    Account.objects.create(provider=make_provider(name="Other"), org_name="Acme Elsewhere")
    expected = [f"Acme Road Works ({acme.pk})"]
    for text in ("acme", "works acme", expected[0], str(acme.pk)):
        assert offered(portal.client, "account", text) == expected
    assert offered(portal.client, "account", "acme elsewhere") == []
    assert offered(portal.client, "account", "a\0cme") == expected
    assert len(offered(portal.client, "account", "")) == 2


def test_plans_are_offered_by_the_names_of_product_and_plan(portal):
    plan = make_plan(portal.product, name="Gold")
    hidden = make_plan(make_product(portal.product.provider, name="Hidden"), name="Gold")
    client = member(portal, "partners", products=[portal.product.pk])
    assert offered(client, "plan", "api gold") == [f"API: Gold ({plan.pk})"]
    assert offered(portal.client, "plan", "gold") == [
        f"API: Gold ({plan.pk})", f"Hidden: Gold ({hidden.pk})",
    ]  # fmt: skip


def test_lookups_are_for_those_who_may_see_accounts(portal):
    assert member(portal, "plans").get("/lookups/account").status_code == 403
    assert portal.get("/lookups/nothing").status_code == 404


# One application


def test_the_page_shows_the_user_key_where_the_product_asks_for_it(portal):
    made = application(portal)
    page = portal.get(f"/applications/{made.pk}").content.decode()
    assert made.user_key in page
    assert "Add a key" not in page
    other = by_id(portal)
    key = ApplicationKey.objects.create(application=other)
    page = portal.get(f"/applications/{other.pk}").content.decode()
    assert other.user_key not in page
    assert other.application_id in page
    assert key.value in page


def test_the_page_tells_whether_it_may_call(portal):
    made = application(portal, state="pending")
    assert b"may not call until it is accepted" in portal.get(f"/applications/{made.pk}").content
    made.go("accept")
    made.account.go("suspend")
    assert b"It may call, although its account is suspended" in portal.get(f"/applications/{made.pk}").content  # fmt: skip


@pytest.mark.parametrize(
    ("state", "event", "then"),
    [("pending", "accept", "live"), ("live", "suspend", "suspended"), ("suspended", "resume", "live")],
)  # fmt: skip
def test_an_event_changes_the_state(portal, state, event, then):
    made = application(portal, state=state)
    assert f"/applications/{made.pk}/{event}".encode() in portal.get(f"/applications/{made.pk}").content  # fmt: skip
    answer = portal.client.post(f"/applications/{made.pk}/{event}")
    assert answer["Location"] == f"/applications/{made.pk}"
    made.refresh_from_db()
    assert made.state == then
    assert record_of_changes()[0] == ("admin", "portal", "update", "application")


def test_an_event_that_does_not_lead_on_says_so(portal):
    made = application(portal, state="live")
    answer = portal.client.post(f"/applications/{made.pk}/resume")
    assert b"cannot transition via" in portal.get(answer["Location"]).content


def test_an_application_is_changed(portal):
    made = application(portal)
    form = {"name": "Renamed", "description": "Text", "user_key": "chosen-key"}
    answer = portal.client.post(f"/applications/{made.pk}/edit", form)
    assert answer["Location"] == f"/applications/{made.pk}"
    made.refresh_from_db()
    assert (made.name, made.description, made.user_key) == ("Renamed", "Text", "chosen-key")


def test_the_form_has_what_the_product_asks_for(portal):
    def fields(made):
        return set(portal.get(f"/applications/{made.pk}/edit").context["form"].fields)

    assert fields(application(portal)) == {"name", "description", "user_key"}
    assert fields(by_id(portal)) == {"name", "description"}


def test_redirects_are_for_openid_connect(portal):
    made = by_id(portal, version="oidc")
    form = {"name": "App", "redirect_url": "https://example.com/back"}
    portal.client.post(f"/applications/{made.pk}/edit", form)
    made.refresh_from_db()
    assert made.redirect_url == "https://example.com/back"


def test_an_application_comes_under_another_plan_of_its_product(portal):
    made = application(portal)
    other = make_plan(portal.product, name="Silver")
    page = portal.get(f"/applications/{made.pk}/plan").content.decode()
    assert f'<option value="{other.pk}">' in page
    portal.client.post(f"/applications/{made.pk}/plan", {"plan": other.pk})
    made.refresh_from_db()
    assert made.plan == other
    foreign = make_plan(make_product(portal.product.provider, name="Two"))
    answer = portal.client.post(f"/applications/{made.pk}/plan", {"plan": foreign.pk})
    assert answer.context["form"].errors == {"plan": ["is invalid"]}


def test_an_application_gets_a_plan_of_its_own_and_gives_it_back(portal):
    made = application(portal)
    original = made.plan
    portal.client.post(f"/applications/{made.pk}/customize")
    made.refresh_from_db()
    assert made.plan.original == original
    assert b"Back to Gold" in portal.get(f"/applications/{made.pk}").content
    portal.client.post(f"/applications/{made.pk}/decustomize")
    made.refresh_from_db()
    assert made.plan == original
    answer = portal.client.post(f"/applications/{made.pk}/decustomize")
    assert b"is not customized" in portal.get(answer["Location"]).content


def test_a_new_user_key_is_made_after_asking(portal):
    made = application(portal)
    former = made.user_key
    path = f"/applications/{made.pk}/user-key"
    assert b"old key is refused" in portal.get(path).content
    made.refresh_from_db()
    assert made.user_key == former
    assert portal.client.post(path)["Location"] == f"/applications/{made.pk}"
    made.refresh_from_db()
    assert made.user_key != former
    assert len(made.user_key) == 32


def test_an_application_is_deleted_after_asking(portal):
    made = application(portal)
    path = f"/applications/{made.pk}/delete"
    assert b"stays in the history" in portal.get(path).content
    assert portal.client.post(path)["Location"] == f"/accounts/{made.account_id}"
    assert not Application.objects.filter(pk=made.pk).exists()


# Keys and referrer filters


def test_keys_are_added_made_at_random_and_removed(portal):
    made = by_id(portal)
    path = f"/applications/{made.pk}/keys"
    portal.client.post(f"{path}/new", {"value": "a-chosen-key"})
    portal.client.post(f"{path}/new", {"value": ""})
    first, second = made.keys.order_by("pk")
    assert (first.value, len(second.value)) == ("a-chosen-key", 32)
    asked = portal.get(f"{path}/{first.pk}/delete").content.decode()
    assert "…-key" in asked
    assert portal.client.post(f"{path}/{first.pk}/delete")["Location"] == f"/applications/{made.pk}"
    assert list(made.keys.all()) == [second]


def test_a_key_that_is_wrong_or_too_many_is_refused_with_the_reason(portal):
    made = by_id(portal)
    path = f"/applications/{made.pk}/keys/new"
    portal.client.post(path, {"value": "a-chosen-key"})
    for value, said in (
        ("A-CHOSEN-KEY", "has already been taken"),
        ("abc", "is too short"),
        ("with space", "must be printable ASCII"),
    ):
        answer = portal.client.post(path, {"value": value})
        assert answer.status_code == 422
        assert said in answer.context["form"].errors["value"][0]
    for _ in range(4):
        portal.client.post(path)
    assert b"Limit reached" in portal.client.post(path).content
    assert b"Add a key" not in portal.get(f"/applications/{made.pk}").content


def test_referrer_filters_are_added_and_removed(portal):
    made = application(portal)
    path = f"/applications/{made.pk}/referrers"
    portal.client.post(f"{path}/new", {"value": "*.example.com"})
    found = made.referrer_filters.get()
    assert found.value == "*.example.com"
    assert b"*.example.com" in portal.get(f"/applications/{made.pk}").content
    answer = portal.client.post(f"{path}/new", {"value": "not a host"})
    assert answer.context["form"].errors["value"] == ["may have letters, digits, '*', '.' and '-'"]
    portal.client.post(f"{path}/{found.pk}/delete")
    assert not made.referrer_filters.exists()


def test_keys_and_filters_of_another_application_are_not_found(portal):
    first, second = by_id(portal), application(portal)
    key = ApplicationKey.objects.create(application=first)
    found = ReferrerFilter.objects.create(application=first, value="example.com")
    for path in (f"keys/{key.pk}", f"referrers/{found.pk}"):
        assert portal.client.post(f"/applications/{second.pk}/{path}/delete").status_code == 404
    assert first.keys.exists()
    assert first.referrer_filters.exists()


# Permissions and commands


def test_who_may_only_see_accounts_of_no_kind_of_change_is_offered_any(portal):
    """Members with `partners` may change; others do not even see."""
    made = application(portal)
    for section in ("plans", "monitoring"):
        client = member(portal, section)
        assert client.get(f"/applications/{made.pk}").status_code == 403
        assert client.post(f"/applications/{made.pk}/suspend").status_code == 403


def test_the_commands_of_applications_do_what_the_pages_do(portal):
    token = token_of("admin")
    made = by_id(portal)
    path = f"/applications/{made.pk}"
    for page in ("/applications?state=live&q=Mob", path):
        for command in commands(portal.get(page)):
            assert run(command, token).status_code == 200, command
    made.go("resume")
    form = {
        "account": str(made.account_id),
        "plan": str(made.plan_id),
        "name": "New",
        "as_curl": "1",
    }
    (command,) = commands(portal.client.post("/applications/new", form))
    assert run(command, token).status_code == 201
    assert Application.objects.get(name="New").plan == made.plan
    (command,) = commands(portal.client.post(f"{path}/edit", {"name": "Renamed", "as_curl": "1"}))
    assert run(command, token).status_code == 200
    silver = make_plan(made.product, name="Silver")
    (command,) = commands(portal.client.post(f"{path}/plan", {"plan": silver.pk, "as_curl": "1"}))
    assert run(command, token).status_code == 200
    made.refresh_from_db()
    assert (made.name, made.plan) == ("Renamed", silver)
    (command,) = commands(
        portal.client.post(f"{path}/keys/new", {"value": "k/e?y#%", "as_curl": "1"})
    )
    assert run(command, token).status_code == 201
    key = made.keys.get()
    assert key.value == "k/e?y#%"
    (command,) = commands(portal.get(f"{path}/keys/{key.pk}/delete"))
    assert run(command, token).status_code == 200
    assert not made.keys.exists()
    (command,) = commands(
        portal.client.post(f"{path}/referrers/new", {"value": "a.example", "as_curl": "1"})
    )
    assert run(command, token).status_code == 201
    (command,) = commands(portal.get(f"{path}/referrers/{made.referrer_filters.get().pk}/delete"))
    assert run(command, token).status_code == 200
    (command,) = commands(portal.get(f"{path}/delete"))
    assert run(command, token).status_code == 200
    assert not Application.objects.filter(pk=made.pk).exists()


def test_the_command_for_a_new_user_key_sets_it(portal):
    made = application(portal)
    (command,) = commands(portal.get(f"/applications/{made.pk}/user-key"))
    assert run(command, token_of("admin")).status_code == 200
    made.refresh_from_db()
    assert made.user_key == "NEW_USER_KEY"
