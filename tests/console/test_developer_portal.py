"""The provider says how the Developer Portal behaves, and which products show developers their analytics."""

import pytest
from support.catalog_data import method
from support.portal_pages import commands, member, record_of_changes, run, token_of

from tallygate.catalog.models import AuditEntry, PlanMetric, Provider

ON = {
    "signups_enabled": "on",
    "useraccountarea_enabled": "on",
    "account_approval_required": "on",
    "strong_passwords_enabled": "on",
    "site_access_code": "",
}


def test_switches_code_and_approval_are_changed_together(portal):
    before = Provider.objects.get()
    assert before.site_access_code
    answer = portal.client.post("/developer-portal", ON)
    assert answer["Location"] == "/developer-portal"
    provider = Provider.objects.get()
    found = provider.settings
    assert (found.signups_enabled, found.strong_passwords_enabled) == (True, True)
    assert provider.site_access_code == ""
    assert provider.account_plan_for_new().approval_required is True
    portal.client.post("/developer-portal", {"site_access_code": "abc"})
    provider = Provider.objects.get()
    assert (provider.settings.signups_enabled, provider.site_access_code) == (False, "abc")
    assert provider.account_plan_for_new().approval_required is False
    assert {kind for *_, kind in record_of_changes()} >= {
        "portalsettings",
        "provider",
        "accountplan",
    }


def test_the_page_leads_to_the_portal_which_is_there(portal):
    answer = portal.get("/developer-portal")
    url = f"http://testserver/developer/{portal.ids['provider']['id']}"
    assert url in answer.content.decode()
    assert portal.get(f"/developer/{portal.ids['provider']['id']}").status_code == 302


def test_the_commands_do_the_same(portal):
    typed = ON | {"as_curl": "1", "site_access_code": "", "signups_enabled": ""}
    told = commands(portal.client.post("/developer-portal", typed))
    assert len(told) == 2
    for command in told:
        assert run(command, token_of("admin")).status_code == 200
    provider = Provider.objects.get()
    assert provider.settings.signups_enabled is False
    assert provider.settings.strong_passwords_enabled is True
    assert provider.site_access_code == ""
    assert provider.account_plan_for_new().approval_required is True


def test_a_member_for_settings_changes_them_but_not_the_code(portal):
    code = Provider.objects.get().site_access_code
    client = member(portal, "settings")
    assert code not in client.get("/developer-portal").content.decode()
    assert client.post("/developer-portal", {"site_access_code": ""}).status_code == 302
    provider = Provider.objects.get()
    assert (provider.site_access_code, provider.settings.signups_enabled) == (code, False)


@pytest.mark.parametrize("sections", [("partners",), ("monitoring", "plans"), ()])
def test_others_do_not_get_the_page(portal, sections):
    assert member(portal, *sections).get("/developer-portal").status_code == 403


def test_it_is_told_which_products_show_what(portal):
    product = portal.product
    plan = product.application_plans.get()
    text = " ".join(portal.get("/developer-portal").content.decode().split())
    assert '<td>Yes</td> <td>Yes</td> <td><span class="muted">None</span></td>' in text
    PlanMetric.objects.create(plan=plan, metric=method(product), visible=False)
    plan.buyers_see_analytics = False
    plan.save()
    product.buyers_see_response_codes = False
    product.save()
    text = portal.get("/developer-portal").content.decode()
    assert "1 plan without, 1 hidden metric" in text
    assert '<td><span class="muted">No</span></td>' in text


def test_usage_rules_and_plans_have_the_switches(portal):
    product = portal.product
    plan = product.application_plans.get()
    rules = {"buyer_plan_change_permission": "none"}
    terms = {"name": "Basic", "cancellation_period": 0, "setup_fee": 0, "cost_per_month": 0}
    portal.client.post(f"/products/{product.pk}/usage-rules", rules)
    portal.client.post(f"/products/{product.pk}/plans/{plan.pk}/edit", terms)
    product.refresh_from_db()
    plan.refresh_from_db()
    assert (product.buyers_see_analytics, product.buyers_see_response_codes) == (False, False)
    assert plan.buyers_see_analytics is False


def test_the_record_of_changes_tells_developers_from_the_provider_key(portal):
    provider = Provider.objects.get()
    common = {"provider": provider, "action": "update", "kind": "account", "record_id": 1}
    AuditEntry.objects.create(
        actor_name="anna of A", via="developer portal", record_name="A", **common
    )
    AuditEntry.objects.create(actor_name="provider key", via="api", record_name="B", **common)
    by = {who: portal.get("/audit-log", who=who).content.decode() for who in ("key", "developers")}
    assert ("anna of A" in by["developers"], "anna of A" in by["key"]) == (True, False)
    rows = {who: len(portal.get("/audit-log", who=who).context["listing"].records) for who in by}
    assert rows == {"key": 1, "developers": 1}
