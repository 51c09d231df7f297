"""The page of the record of changes."""

from datetime import UTC, datetime

import pytest
from support.catalog_data import plan as make_plan
from support.catalog_data import provider as make_provider
from support.portal_pages import commands, member, run, statements, token_of

from tallygate.catalog.models import AuditEntry, Product, User
from tallygate.console.audit_log import kinds


def entry(portal, **values):
    given = {
        "provider": portal.product.provider, "actor_id": None, "actor_name": "provider key",
        "via": "api", "action": "update", "kind": "limit", "record_id": 7, "record_name": "Limit",
        "before": {"value": 1}, "after": {"value": 2},
    } | values  # fmt: skip
    at = given.pop("at", None)
    made = AuditEntry.objects.create(**given)
    if at:
        AuditEntry.objects.filter(pk=made.pk).update(at=at)
    return made


def found(portal, **query):
    return [
        row.entry.record_name for row in portal.get("/audit-log", **query).context["listing"].rows
    ]


def test_a_change_is_on_the_page_with_who_what_and_how_it_was(portal):
    portal.client.post(f"/products/{portal.product.pk}/edit", {"name": "Weather & Wind"})
    (row,) = portal.get("/audit-log").context["listing"].rows
    assert (row.entry.actor_name, row.action, row.kind) == ("admin", "Changed", "product")
    assert [(each.name, each.before, each.after) for each in row.changes] == [
        ("Name", "API", "Weather & Wind")
    ]
    page = portal.get("/audit-log").content.decode()
    assert f'href="/products/{portal.product.pk}"' in page
    assert "<del>API</del>" in page
    assert "<ins>Weather &amp; Wind</ins>" in page


def test_values_are_told_in_words(portal):
    entry(
        portal, action="create", before=None,
        after={"plan_id": 3, "enabled": True, "off": False, "empty": "", "none": None,
               "sections": ["plans", "portal"], "settings": {"a": [1]}},
    )  # fmt: skip
    (row,) = portal.get("/audit-log").context["listing"].rows
    assert {each.name: each.after for each in row.changes} == {
        "Plan": "3", "Enabled": "yes", "Off": "no", "Sections": "plans, portal",
        "Settings": '{"a": [1]}',
    }  # fmt: skip


def test_secrets_show_their_tails_only(portal):
    application = portal.ids["application"]
    portal.client.post(f"/applications/{application['id']}/user-key")
    page = portal.get("/audit-log").content.decode()
    assert application["user_key"] not in page
    assert f"…{application['user_key'][-4:]}" in page


def test_what_is_gone_leads_nowhere(portal):
    plan = make_plan(portal.product)
    portal.client.post(f"/products/{portal.product.pk}/plans/{plan.pk}/delete")
    entry(portal, kind="account", action="delete", record_id=5, after=None)
    entry(portal, kind="account", action="create", record_id=5, before=None)
    page = portal.get("/audit-log").content.decode()
    assert 'href="/accounts/5"' not in page


def test_the_log_is_narrowed_down_by_who_what_and_which(portal):
    admin = User.objects.get(username="admin")
    entry(portal, record_name="By key")
    entry(portal, record_name="By admin", actor_id=admin.pk, actor_name="admin")
    entry(portal, record_name="New plan", kind="applicationplan", action="create", record_id=9)
    assert found(portal) == ["New plan", "By admin", "By key"]
    assert found(portal, who="key") == ["New plan", "By key"]
    assert found(portal, who=admin.pk) == ["By admin"]
    assert found(portal, kind="applicationplan") == found(portal, action="create") == ["New plan"]
    assert found(portal, kind="limit", record="7") == ["By admin", "By key"]
    assert found(portal, record="9") == ["New plan"]
    assert found(portal, q="by") == ["By admin", "By key"]
    assert found(portal, q="admin") == ["By admin"]
    assert found(portal, who="x", kind="y", action="z", record="w") == found(portal)


def test_days_are_those_of_the_providers_zone_and_both_are_included(portal):
    provider = portal.product.provider
    provider.time_zone = "Europe/Madrid"
    provider.save()
    entry(portal, record_name="Late", at=datetime(2015, 5, 17, 22, 0, tzinfo=UTC))
    entry(portal, record_name="Early", at=datetime(2015, 5, 17, 21, 59, tzinfo=UTC))
    assert found(portal, since="2015-05-18") == ["Late"]
    assert found(portal, until="2015-05-17") == ["Early"]
    assert found(portal, since="2015-05-17", until="2015-05-18") == ["Early", "Late"]
    assert found(portal, since="nonsense", until="9999-99-99") == ["Early", "Late"]
    page = portal.get("/audit-log", since="2015-05-18").content.decode()
    assert 'name="since" value="2015-05-18"' in page


def test_every_kind_of_record_has_a_name(portal):
    assert kinds()["applicationplan"] == "application plan"
    assert {"account", "application", "limit", "product", "provider", "user"} <= set(kinds())


def test_the_log_asks_as_often_however_much_is_in_it(portal):
    """Once more for each kind of record that has a page."""
    entry(portal, kind="product")
    few = statements(portal, "/audit-log")
    for number in range(40):
        entry(portal, kind="product", record_id=number)
    assert statements(portal, "/audit-log") == few


def test_the_log_is_for_admins_and_of_ones_own_provider(portal):
    entry(portal, provider=make_provider(name="Other"), record_name="Theirs")
    assert found(portal) == []
    assert member(portal, "plans", "partners", "settings").get("/audit-log").status_code == 403


@pytest.mark.parametrize(
    "query", ["", "?kind=product&action=update&record=1&who=1&since=2015-01-01"]
)
def test_the_command_of_the_log_reads_it(portal, query):
    portal.client.post(f"/products/{portal.product.pk}/edit", {"name": "Weather"})
    (command,) = commands(portal.get(f"/audit-log{query}"))
    answer = run(command, token_of("admin"))
    assert answer.status_code == 200
    assert Product.objects.get().name.encode() in answer.content
