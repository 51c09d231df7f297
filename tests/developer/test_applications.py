"""What developers do with their applications, as far as the provider lets them."""

import pytest
from support import catalog_data as made

from tallygate.catalog.models import Application, AuditEntry
from tallygate.developer.handles import namer

plan_name = namer("plan")


def page_of(site) -> str:
    return site.own("application").content.decode()


def test_the_list_has_the_own_applications_and_no_others(site):
    text = site.get("applications").content.decode()
    assert "App of A" in text
    assert "App of B" not in text
    assert "1 application<" in text
    assert "Nothing matches" in site.get("applications", q="App of B").content.decode()


def test_a_page_has_credentials_plan_and_state(site):
    text = page_of(site)
    assert site.application.application_id in text
    assert site.application.keys.get().value in text
    assert site.other.keys.get().value not in text
    assert "Basic" in text
    site.switch(site.product, backend_version="1")
    text = page_of(site)
    assert site.application.user_key in text
    assert site.application.application_id not in text


def test_an_application_is_created_under_an_offered_plan(site):
    answer = site.post("application-new", plan=plan_name(site.plan.pk), name="New", description="x")
    new = Application.objects.get(name="New")
    assert answer["Location"] == site.url("application", new.pk)
    assert (new.account, new.plan, new.state) == (site.developer.account, site.plan, "live")
    entry = AuditEntry.objects.get(kind="application")
    assert (entry.actor_name, entry.via, entry.action) == (
        "anna of A",
        "developer portal",
        "create",
    )
    assert entry.actor_id is None


def test_a_plan_with_approval_makes_it_wait(site):
    site.switch(site.plan, approval_required=True)
    site.post("application-new", plan=plan_name(site.plan.pk), name="New")
    new = Application.objects.get(name="New")
    assert new.state == "pending"
    text = site.get("application", new.pk).content.decode()
    assert "may not call until" in text


def test_plans_that_are_not_offered_are_refused_like_those_that_are_not_there(site):
    hidden = made.plan(site.product, name="Hidden")
    other = made.product(site.provider, name="Other", buyers_manage_apps=False, state="published")
    closed = made.plan(other, state="published")
    unpublished = made.plan(made.product(site.provider, name="Draft"), state="published")
    foreign = made.plan(made.product(made.provider(), state="published"), state="published")
    answers = []
    for name in [
        *(plan_name(plan.pk) for plan in (hidden, closed, unpublished, foreign)),
        plan_name(10**6), str(hidden.pk), "", "\0",
    ]:  # fmt: skip
        answer = site.post("application-new", plan=name, name="New")
        assert answer.status_code == 422
        answers.append(answer.content.decode().count("invalid"))
    assert not Application.objects.filter(name="New").exists()
    assert len(set(answers[:5])) == 1


def test_a_product_may_ask_what_an_application_is_for(site):
    site.switch(site.product, intentions_required=True)
    fields = {"plan": plan_name(site.plan.pk), "name": "New"}
    answer = site.post("application-new", **fields)
    assert answer.status_code == 422
    assert site.post("application-new", **fields, description="Shop").status_code == 302


def test_name_and_description_are_changed_and_nothing_else(site):
    answer = site.post(
        "application-edit", site.application.pk, name="Renamed", description="d",
        state="suspended", plan="1", application_id="mine", account="2", redirect_url="x",
    )  # fmt: skip
    assert answer.status_code == 302
    after = Application.objects.get(pk=site.application.pk)
    assert (after.name, after.description, after.state) == ("Renamed", "d", "live")
    assert after.application_id == site.application.application_id
    assert after.redirect_url == ""


def test_a_deleted_application_is_gone(site):
    assert site.own("application-delete").status_code == 200
    assert site.post("application-delete", site.application.pk)["Location"] == site.url(
        "applications"
    )
    assert not Application.objects.filter(pk=site.application.pk).exists()


def test_keys_are_added_renewed_and_removed_but_one_stays(site):
    number = site.application.pk
    assert site.post("key-new", number, value="of-my-own").status_code == 302
    assert site.post("key-new", number, value="of-my-own").status_code == 422
    first, second = site.application.keys.order_by("pk")
    assert site.post("key-renew", number, first.pk).status_code == 302
    assert site.post("key-remove", number, second.pk).status_code == 302
    (left,) = site.application.keys.all()
    answer = site.post("key-remove", number, left.pk)
    assert answer.status_code == 409
    assert "One application key minimum" in answer.content.decode()
    told = {(entry.kind, entry.via) for entry in AuditEntry.objects.all()}
    assert told == {("applicationkey", "developer portal")}


def test_a_key_is_chosen_only_where_that_is_allowed(site):
    site.switch(site.product, custom_keys_enabled=False)
    site.post("key-new", site.application.pk, value="of-my-own")
    assert "of-my-own" not in [key.value for key in site.application.keys.all()]


def test_a_user_key_is_made_anew(site):
    site.switch(site.product, backend_version="1")
    assert site.post("user-key", site.application.pk).status_code == 302
    assert Application.objects.get(pk=site.application.pk).user_key != site.application.user_key


def test_referrers_are_managed_where_the_product_asks_for_them(site):
    number = site.application.pk
    assert site.post("filter-new", number, value="*.a.example").status_code == 403
    site.switch(site.product, referrer_filters_required=True)
    assert site.post("filter-new", number, value="*.a.example").status_code == 302
    found = site.application.referrer_filters.get()
    assert site.post("filter-remove", number, found.pk).status_code == 302
    assert not site.application.referrer_filters.exists()


def test_a_plan_is_changed_where_the_product_lets_developers_do_it(site):
    gold = made.plan(site.product, name="Gold", state="published")
    fields = {"plan": plan_name(gold.pk)}
    assert site.post("application-plan", site.application.pk, **fields).status_code == 403
    assert 'ask <a href="mailto:help@acme.example' in page_of(site)
    site.switch(site.product, buyer_plan_change_permission="direct")
    assert site.post("application-plan", site.application.pk, **fields).status_code == 302
    assert Application.objects.get(pk=site.application.pk).plan == gold


@pytest.mark.parametrize(
    ("switch", "pages"),
    [
        ("buyers_manage_apps", ["application-edit", "application-delete"]),
        ("buyers_manage_keys", ["key-new"]),
    ],
)
def test_what_the_product_does_not_allow_is_refused_and_not_offered(site, switch, pages):
    links = [site.url(name, site.application.pk) for name in pages]
    assert all(link in page_of(site) for link in links)
    site.switch(site.product, **{switch: False})
    assert not any(link in page_of(site) for link in links)
    for name in pages:
        assert site.own(name).status_code == 403
        assert site.post(name, site.application.pk, name="x").status_code == 403
    assert Application.objects.get(pk=site.application.pk).name == "App of A"


def test_keys_of_a_product_that_manages_them_itself_are_left_alone(site):
    site.switch(site.product, buyers_manage_keys=False)
    key = site.application.keys.get()
    for name in ("key-renew", "key-remove"):
        assert site.post(name, site.application.pk, key.pk).status_code == 403
    assert site.application.keys.get() == key
    text = page_of(site)
    assert site.url("key-renew", site.application.pk, key.pk) not in text


def test_where_nothing_is_offered_nothing_is_created(site):
    site.switch(site.plan, state="hidden")
    assert site.get("application-new").status_code == 403
    assert site.url("application-new") not in site.get("applications").content.decode()


def test_only_admins_of_the_account_change_it_and_its_people(site):
    from support.portal_site import person

    otto = person(site.developer.account, "otto")
    member = site.browser("otto")
    for name, ids in (
        ("account-edit", ()), ("invite", ()), ("person-link", (site.developer.pk,)),
        ("person-remove", (site.developer.pk,)),
    ):  # fmt: skip
        assert member.get(site.url(name, *ids)).status_code == 403, name
    for role in ("admin", "member"):
        assert member.post(site.url(f"person-{role}", otto.pk)).status_code == 403
    assert member.get(site.url("people")).status_code == 200
    assert member.get(site.url("application", site.application.pk)).status_code == 200


def test_nobody_takes_their_own_role_or_place_away(site):
    for name in ("person-member", "person-remove"):
        assert site.post(name, site.developer.pk).status_code == 403
    assert site.get("person", site.developer.pk).status_code == 403
    assert site.developer.account.developers.get().role == "admin"


def test_an_account_and_its_people_are_changed_where_the_provider_lets_developers_do_it(site):
    from support.portal_site import person

    otto = person(site.developer.account, "otto")
    assert site.post("account-edit", org_name="A & Sons").status_code == 302
    assert site.post("person-admin", otto.pk).status_code == 302
    otto.refresh_from_db()
    assert (otto.role, otto.account.org_name) == ("admin", "A & Sons")
    site.switch(site.provider.settings, useraccountarea_enabled=False)
    assert site.post("account-edit", org_name="Other").status_code == 403
    assert site.post("person-remove", otto.pk).status_code == 403
    site.switch(site.provider.settings, useraccountarea_enabled=True)
    assert site.post("person-remove", otto.pk).status_code == 302
    assert site.sign_in(site.browser(), "otto").status_code == 401
